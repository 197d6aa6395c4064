"""The lake: raw, staging and quarantine objects under ``s3://bucket/key`` addresses. The only door to object storage.

A lake is a whole bucket: ``s3://bucket``, or a folder that stands for one. It offers few verbs, and each is atomic: a
reader sees an object whole or not at all. ``put_if_absent`` is the commit of every stage: of many writers of one key
exactly one succeeds.
"""

import re
from pathlib import Path

from extract.errors import ConfigurationError
from extract.lake.base import Lake, ObjectInfo
from extract.lake.directory import DirectoryLake, open_directory

__all__ = ["DirectoryLake", "Lake", "ObjectInfo", "open_lake"]

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
"""Amazon S3 User Guide, "General purpose bucket naming rules"."""
_FORM = "write s3://BUCKET, or file:FOLDER, for instance file:.reelhouse/lake"


def open_lake(address: str, endpoint_url: str | None = None) -> Lake:
    """Open the lake at ``s3://BUCKET`` or ``file:FOLDER`` (the folder's own name is the bucket's) and try it.

    A folder is found writable. A bucket is listed, which proves that it exists, that it is reached, and that the
    credentials are good; what else they may do shows when it is done, as a command that only reads needs no more.

    Args:
        address: of the lake.
        endpoint_url: of a storage that speaks S3; None for what the AWS configuration says, which is AWS.

    Raises:
        ConfigurationError: the address is of no kind that can be opened, or what is there cannot be used.
        ReelhouseError: the storage is in trouble.
    """
    scheme, _, rest = address.partition(":")
    if scheme == "file" and rest:
        return open_directory(Path(rest))
    if scheme == "s3" and rest.startswith("//"):
        return _open_bucket(rest.removeprefix("//").removesuffix("/"), endpoint_url)
    raise ConfigurationError(f"lake: {address!r} cannot be opened; {_FORM}")


def _open_bucket(bucket: str, endpoint_url: str | None) -> Lake:
    name, separator, _ = bucket.partition("/")
    if separator:
        raise ConfigurationError(f"lake: a lake is a whole bucket; write s3://{name}, not s3://{bucket}")
    if not _BUCKET.fullmatch(name):
        raise ConfigurationError(f"lake: {name!r} is not the name of a bucket; {_FORM}")
    from extract.lake.s3 import S3Lake  # boto3 takes a fifth of a second, for which a folder need not wait

    lake = S3Lake(name, endpoint_url)
    lake.check()
    return lake
