"""Where snapshots are kept, and the wrapping by which a damaged one is known: a magic line, a SHA-256, then what it is the checksum of."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEPT: Final = 3
_CHECKSUM_BYTES: Final = 32


class SnapshotError(ValueError):
    """The bytes are no snapshot that can be trusted; ``str()`` says why."""


class SnapshotStore(Protocol):
    """Where snapshots are kept, newest last by name."""

    def names(self) -> list[str]: ...

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, content: bytes) -> None: ...

    def delete(self, name: str) -> None: ...


def name_of(next_offset: int) -> str:
    """Names sort by place in the log."""
    return f"{next_offset:020d}.snapshot"


def seal(magic: bytes, content: bytes) -> bytes:
    """The file of a snapshot."""
    return magic + hashlib.sha256(content).digest() + content


def unseal(magic: bytes, file: bytes) -> bytes:
    """What was sealed; raises :class:`SnapshotError` if it is something else or damaged."""
    if not file.startswith(magic):
        raise SnapshotError("not a snapshot file")
    checksum = file[len(magic) : len(magic) + _CHECKSUM_BYTES]
    content = file[len(magic) + _CHECKSUM_BYTES :]
    if hashlib.sha256(content).digest() != checksum:
        raise SnapshotError("damaged: the checksum does not fit")
    return content


def keep(store: SnapshotStore, name: str, file: bytes) -> None:
    """Write a snapshot and drop the oldest ones.

    Those from beyond its place go too: they are of another log, and would be taken for this one's when it has grown past them.
    """
    store.write(name, file)
    names = store.names()
    own = [other for other in names if other <= name]
    for other in (*own[:-KEPT], *names[len(own) :]):
        store.delete(other)


def newest_offset(store: SnapshotStore, end_offset: int) -> int:
    """The place in the log of the newest snapshot up to ``end_offset``, whole or not; 0 without any."""
    return max((offset for name in store.names() if (offset := int(name.partition(".")[0])) <= end_offset), default=0)


def store_at(bucket: str, folder: str, prefix: str) -> SnapshotStore | None:
    """What the settings name, a bucket or a folder, under ``prefix`` in it; ``None`` where they name neither."""
    if bucket:
        return BucketStore(bucket, prefix)
    if folder:
        return FolderStore(Path(folder) / prefix)
    return None


class FolderStore:
    """Snapshots in a folder; a file appears whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        return sorted(path.name for path in self._folder.glob("*.snapshot"))

    def read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        making = self._folder / f".{name}.{os.getpid()}"
        making.write_bytes(content)
        making.replace(self._folder / name)

    def delete(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)


class BucketStore:
    """Snapshots in an S3 bucket, under a prefix that ends with a slash."""

    def __init__(self, bucket: str, prefix: str, **client_options: Any) -> None:
        import boto3

        self._client: S3Client = boto3.session.Session().client("s3", **client_options)
        self._bucket = bucket
        self._prefix = prefix

    def names(self) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        return sorted(item["Key"].removeprefix(self._prefix) for page in pages for item in page.get("Contents", []))

    def read(self, name: str) -> bytes:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self._client.get_object(Bucket=self._bucket, Key=self._prefix + name)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise SnapshotError(f"cannot be read: {error}") from error

    def write(self, name: str, content: bytes) -> None:
        self._client.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=content)

    def delete(self, name: str) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)
