"""Buckets in S3, and what Redshift says when S3 refuses."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from extract.errors import ConfigurationError, DataRefused
from extract.lake.s3 import S3Lake
from extract.lake.s3_errors import S3Refused, Trouble
from sandbox.redshift.errors import SqlError, redshift_detail
from sandbox.redshift.objects import StoredObject, split

S3_ERROR, CURL_ERROR = 8001, 9001
_WORDS = {
    "AccessDenied": "Access Denied",
    "NoSuchBucket": "The specified bucket does not exist",
    "NoSuchKey": "The specified key does not exist.",
}
_GONE = Trouble("refused", "NoSuchKey", 404, "")


class S3Store:
    """All buckets at one address of S3."""

    def __init__(self, endpoint_url: str | None) -> None:
        self._bucket = cache(lambda name: S3Lake(name, endpoint_url))

    def find(self, url: str) -> StoredObject | None:
        """The object at an address, or None."""
        return next((found for found in self.under(url) if found.url == url), None)

    def under(self, prefix: str) -> list[StoredObject]:
        """All objects whose address starts with a prefix, in the order of their keys."""
        with self._lake(prefix) as (lake, key):
            return [StoredObject(lake.url(info.key), info.bytes) for info in lake.list_after(key)]

    def read(self, url: str) -> bytes:
        """The bytes of an object."""
        with self._lake(url) as (lake, key):
            return lake.get(key)

    def local(self, url: str, scratch: Path) -> Path:
        """A copy of the object."""
        scratch.write_bytes(self.read(url))
        return scratch

    def put(self, url: str, body: bytes) -> None:
        """Writes an object, whole, in place of what is there."""
        with self._lake(url) as (lake, key):
            lake.put(key, body)

    def delete(self, url: str) -> None:
        """Removes an object if it is there."""
        with self._lake(url) as (lake, key):
            lake.delete(key)

    @contextmanager
    def _lake(self, url: str) -> Iterator[tuple[S3Lake, str]]:
        bucket, key = split(url)
        try:
            yield self._bucket(bucket), key
        except S3Refused as refused:
            raise _refused(refused.trouble, url) from None
        except DataRefused:
            raise _refused(_GONE, url) from None
        except ConfigurationError as error:
            raise SqlError("XX000", str(error)) from None


def _refused(trouble: Trouble, url: str) -> SqlError:
    """What Redshift makes of S3's errors, as they stand in many reports ("S3ServiceException", "S3CurlException").

    The ids of the request, which name nothing here, are left empty.
    """
    retry = int(trouble.kind != "refused" or trouble.status == 403)
    if trouble.status:
        words = _WORDS.get(trouble.code, trouble.code)
        text = f"S3ServiceException:{words},Status {trouble.status},Error {trouble.code},Rid ,ExtRid ,CanRetry {retry}"
        return SqlError("XX000", text, redshift_detail(text, S3_ERROR, f"S3 key being read : {url}"))
    text = f"S3CurlException: {trouble.says}, CurlError 7, multiCurlError 0, CanRetry {retry}, UserError 0"
    return SqlError("XX000", text, redshift_detail(text, CURL_ERROR, f"S3 key being read : {url}"))
