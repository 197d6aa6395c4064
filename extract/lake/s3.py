"""A lake in S3, or in a storage that speaks it: the only user of boto3.

boto3 does the signing, the checksums, the multipart uploads, and repeats what was throttled, broken off or answered by
5xx ("standard" mode). Here are the rest: what a lost answer to a conditional write meant, bodies that break off while
they are read, and words for what a person must mend.
"""

import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from extract.errors import ConfigurationError, DataRefused, ReelhouseError
from extract.lake.base import ObjectInfo, Version, missing
from extract.lake.s3_errors import S3Refused, Trouble, understand
from extract.retry import backoff

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ATTEMPTS = 5
"""How often a request is sent before its failure counts."""
CONNECT_TIMEOUT, READ_TIMEOUT = 10, 60
_MEBIBYTE = 1024 * 1024
UPLOAD = TransferConfig(multipart_threshold=32 * _MEBIBYTE, multipart_chunksize=16 * _MEBIBYTE, max_concurrency=4)
"""Parts are read from the file as they are sent: four threads hold a few buffers, not the parts."""
_CUT = (FlexibleChecksumError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
_NO_KEY, _EXISTS, _CONFLICT = "NoSuchKey", "PreconditionFailed", "ConditionalRequestConflict"
_RIGHTS = {
    "read": "s3:GetObject",
    "written": "s3:PutObject",
    "listed": "s3:ListBucket",
    "deleted": "s3:DeleteObject",
    "erased": "s3:ListBucketVersions and s3:DeleteObjectVersion",
}


class S3Lake:
    """A lake in a bucket. May be used by several threads at once."""

    def __init__(self, bucket: str, endpoint_url: str | None = None) -> None:
        """Prepare; nothing is sent yet.

        Args:
            bucket: its name.
            endpoint_url: of a storage that speaks S3; None for what the AWS configuration says.

        Raises:
            ConfigurationError: the AWS configuration cannot be used.
        """
        self.bucket = bucket
        self._is_conditional = endpoint_url is None
        config = Config(
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            # A storage at an address of its own rarely has a host name for each bucket.
            s3={"addressing_style": "path"} if endpoint_url else {},
        )
        try:
            self._client: S3Client = Session().client("s3", endpoint_url=endpoint_url, config=config)
        except (BotoCoreError, ValueError) as error:  # ValueError: an address that is none
            raise ConfigurationError(f"lake: {self.url('')}: the AWS configuration cannot be used ({error})") from None
        self._sent: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._client.meta.events.register("request-created.s3", self._count)

    def check(self) -> None:
        """List one object.

        Raises:
            ConfigurationError: the bucket is not there or not ours, or nobody answers.
            S3Refused: the storage is in trouble.
        """
        try:
            self._client.list_objects_v2(Bucket=self.bucket, MaxKeys=1)
        except (BotoCoreError, ClientError) as error:
            trouble = self._understood(error, "listed")
            if trouble.kind == "failing":
                raise S3Refused(f"s3://{self.bucket} cannot be used now: {trouble.says}", trouble) from None
            raise ConfigurationError(f"lake: s3://{self.bucket} cannot be used: {trouble.says}") from None

    def get(self, key: str) -> bytes:
        """Return an object's bytes; boto3 holds them against the object's checksum."""
        with self._told(key, "read"):
            for attempt in range(1, ATTEMPTS + 1):
                body = self._client.get_object(Bucket=self.bucket, Key=key)["Body"]
                try:
                    return body.read()
                except _CUT:
                    if attempt == ATTEMPTS:
                        raise
        raise AssertionError("unreachable")

    @contextmanager
    def open_version(self, key: str) -> Iterator[Version | None]:
        """Open what an object is now; None where there is none. It is brought whole into a temporary file first."""
        with tempfile.TemporaryFile() as file:
            try:
                version = self._brought(key, file)
            except DataRefused:
                version = None
            yield version

    def _brought(self, key: str, file: BinaryIO) -> Version:
        with self._told(key, "read"):
            for attempt in range(1, ATTEMPTS + 1):
                found = self._client.get_object(Bucket=self.bucket, Key=key)
                try:
                    shutil.copyfileobj(found["Body"], file, _MEBIBYTE)
                except _CUT:
                    if attempt == ATTEMPTS:
                        raise
                    file.seek(0)
                    file.truncate()
                else:
                    file.seek(0)
                    etag = _bare(found["ETag"])
                    return Version(file, etag, etag, found["LastModified"], lambda: True)
        raise AssertionError("unreachable")

    def put(self, key: str, data: bytes) -> None:
        """Write an object whole, replacing one of that name."""
        with self._told(key, "written"):
            self._client.put_object(Bucket=self.bucket, Key=key, Body=data)

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file, whole, replacing one of that name; a large one in parts."""
        with self._told(key, "written"):
            self._client.upload_file(str(path), self.bucket, key, Config=UPLOAD)

    def put_if_absent(self, key: str, data: bytes) -> bool:
        """Create an object; return False, and change nothing, where one of that name exists with other bytes.

        Amazon S3 User Guide, "Conditional requests": of several writers with ``If-None-Match: *`` the first to end
        wins, the others get 412; 409 means that another request for the key was under way, and asks for a repetition.
        After an answer that was lost, or a repetition by boto3 that met its own first attempt, the object itself says
        whose it is.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with self._told(key, "written"):
                    self._client.put_object(Bucket=self.bucket, Key=key, Body=data, IfNoneMatch="*")
            except S3Refused as refused:
                among_writers = refused.trouble.code in {_EXISTS, _CONFLICT}
                if refused.trouble.kind == "refused" and not among_writers:
                    raise
                stored = self._stored(key)
                if stored is not None:
                    return stored == data
                if attempt == ATTEMPTS or not among_writers:
                    raise
                time.sleep(backoff(attempt, random.random()))  # noqa: S311 - to come apart, not to keep a secret
            else:
                self._prove_conditional_writes(key, data)
                return True
        raise AssertionError("unreachable")

    def list_after(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """List the objects whose key starts with ``prefix`` and sorts after ``after``, in order of key."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, StartAfter=after
        )
        with self._told(prefix, "listed"):
            for page in pages:
                for found in page.get("Contents", ()):
                    yield ObjectInfo(found["Key"], found["Size"], found["LastModified"], _bare(found["ETag"]))

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is no error."""
        with self._told(key, "deleted"):
            self._client.delete_object(Bucket=self.bucket, Key=key)

    def erase(self, key: str) -> None:
        """Remove an object for good: all its versions, and the markers of those that were deleted before."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=key)
        with self._told(key, "erased"):
            for page in pages:
                for found in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                    if found["Key"] == key:
                        self._client.delete_object(Bucket=self.bucket, Key=key, VersionId=found["VersionId"])

    def settled(self, prefix: str) -> Iterator[ObjectInfo]:
        """List what an engine has written under ``prefix`` by itself, in order of key; in S3 all of it stays."""
        return self.list_after(prefix)

    def url(self, key: str) -> str:
        """Return the ``s3://bucket/key`` address, the form that manifests and COPY use."""
        return f"s3://{self.bucket}/{key}"

    def engine_path(self, key: str) -> str:
        """Return the object's address; Glue reads it as it is."""
        return self.url(key)

    def requests_sent(self) -> dict[str, int]:
        """Return how many requests were sent, repetitions included, by operation."""
        with self._counting:
            return dict(self._sent)

    def _count(self, operation_name: str, **_: Any) -> None:
        with self._counting:
            self._sent[operation_name] += 1

    def _prove_conditional_writes(self, key: str, data: bytes) -> None:
        """Write what was just written once more, under the same condition: a storage that takes it knows none.

        Storages that speak S3 but not its conditional writes take them for plain ones, and of two commits the later
        would replace the earlier. AWS needs no proof, another storage one for each lake that is opened.
        """
        if self._is_conditional:
            return
        try:
            self._client.put_object(Bucket=self.bucket, Key=key, Body=data, IfNoneMatch="*")
        except (BotoCoreError, ClientError) as error:
            self._is_conditional = self._understood(error, "written").code in {_EXISTS, _CONFLICT}
            return
        raise ConfigurationError(
            f"lake: the storage at {self._client.meta.endpoint_url} overwrites what exists although it is told not to "
            "(If-None-Match). Of two runs at once one would be lost without a word: use AWS, or a storage that knows "
            "S3's conditional writes"
        )

    def _stored(self, key: str) -> bytes | None:
        try:
            return self.get(key)
        except DataRefused:
            return None

    def _understood(self, error: BaseException | None, verb: str) -> Trouble:
        return understand(error, _RIGHTS[verb], self._client.meta.endpoint_url)

    @contextmanager
    def _told(self, key: str, verb: str) -> Iterator[None]:
        """Turn what boto3 raises into words."""
        try:
            yield
        except S3UploadFailedError as failed:
            raise self._refused(key, verb, failed.__context__) from None
        except (BotoCoreError, ClientError) as error:
            raise self._refused(key, verb, error) from None

    def _refused(self, key: str, verb: str, error: BaseException | None) -> ReelhouseError:
        trouble = self._understood(error, verb)
        if trouble.code == _NO_KEY:
            return missing(self.url(key))
        return S3Refused(
            f"{self.url(key)} could not be {verb}: {trouble.says}. What was committed before is kept; run again then",
            trouble,
        )


def _bare(etag: str) -> str:
    """Return an ETag without the quotes that HTTP puts around it."""
    return etag.strip('"')
