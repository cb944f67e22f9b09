"""The archive bucket on S3."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ArchiveBucket:
    """Objects of one bucket. Raises what boto3 raises when S3 cannot be reached."""

    def __init__(self, name: str) -> None:
        self._client: S3Client = boto3.session.Session().client("s3")
        self._name = name

    def write(self, key: str, content: IO[bytes]) -> None:
        """In parts where it is large; S3 shows the whole object or none."""
        self._client.upload_fileobj(content, self._name, key, ExtraArgs={"ContentType": "application/gzip"})

    def read(self, key: str) -> Iterator[bytes] | None:
        """The object in pieces, ``None`` when there is none."""
        try:
            return iter(self._client.get_object(Bucket=self._name, Key=key)["Body"].iter_chunks(1024 * 1024))
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "404"}:
                return None
            raise
