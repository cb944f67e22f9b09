"""``python -m infra.publish STAGE``: put the built pages into the stage's web bucket, after ``cdk deploy``.

Files with a hash in their name first, for good; pages last, never kept without asking. What is replaced or gone stays for thirty days, so that a page
that is open finds its parts.
"""

from __future__ import annotations

import dataclasses
import mimetypes
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra import names

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

DIST: Final = Path(__file__).parents[1] / "web" / "dist"
FOREVER: Final = "public, max-age=31536000, immutable"
ASK_FIRST: Final = "no-cache"
OUTPUT: Final = "WebBucket"


@dataclasses.dataclass(frozen=True, slots=True)
class Upload:
    path: Path
    key: str
    media: str
    cache: str


def plan(folder: Path) -> list[Upload]:
    """The uploads in their order. Raises FileNotFoundError where nothing was built."""
    if not (folder / "index.html").exists():
        raise FileNotFoundError(f"there are no pages in {folder}; build them with: make pages")
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.startswith("."):
            key = path.relative_to(folder).as_posix()
            media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            found.append(Upload(path, key, media, FOREVER if key.startswith("assets/") else ASK_FIRST))
    return sorted(found, key=lambda upload: (upload.cache == ASK_FIRST, upload.key.endswith(".html"), upload.key))


def publish(s3: S3Client, bucket: str, folder: Path) -> int:
    """Upload everything; how many files there were."""
    uploads = plan(folder)
    for upload in uploads:
        s3.put_object(Bucket=bucket, Key=upload.key, Body=upload.path.read_bytes(), ContentType=upload.media, CacheControl=upload.cache)
    return len(uploads)


def bucket_of(stage: str) -> str:
    """The web bucket as the stage's front stack names it."""
    import boto3

    stacks = boto3.client("cloudformation").describe_stacks(StackName=names.stack(stage, "front"))["Stacks"]
    return next(str(output["OutputValue"]) for output in stacks[0].get("Outputs", ()) if output["OutputKey"] == OUTPUT)


def main() -> None:
    import boto3

    bucket = bucket_of(sys.argv[1])
    print(f"{publish(boto3.client('s3'), bucket, DIST)} files in {bucket}")


if __name__ == "__main__":
    main()
