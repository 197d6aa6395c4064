"""Fixtures of pytest: a clean Redshift for each test.

In a `conftest.py`: `pytest_plugins = ["sandbox.redshift.pytest"]`, or import the fixtures by name.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.redshift import Endpoint, serve


@pytest.fixture
def redshift_lake(tmp_path: Path) -> Path:
    """The folder in which `s3://bucket/key` is `bucket/key`, for COPY and UNLOAD."""
    folder = tmp_path / "redshift_lake"
    folder.mkdir()
    return folder


@pytest.fixture
def redshift_endpoint(redshift_lake: Path) -> Iterator[Endpoint]:
    """An endpoint with an empty warehouse in memory, served in threads of this process for one test.

    Connect with `host`, `port`, `database` and `user` of it, any password, and `ssl=False`.
    """
    with serve(None, redshift_lake) as endpoint:
        yield endpoint


@pytest.fixture
def redshift_serializable_endpoint(redshift_lake: Path) -> Iterator[Endpoint]:
    """The same under isolation level SERIALIZABLE, for whom production's is that."""
    with serve(None, redshift_lake, serializable=True) as endpoint:
        yield endpoint
