"""Addresses of lakes that cannot be opened, refused before anything is asked."""

import subprocess
import sys

import pytest

from extract.errors import ConfigurationError
from extract.lake import open_lake


@pytest.mark.parametrize("address", ["", "lake", "file:", "gs://bucket", "s4://bucket", "s3:bucket", "s3:/bucket"])
def test_an_address_of_no_known_kind(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"lake: .* cannot be opened; write s3://BUCKET, or file:FOLDER"):
        open_lake(address)


@pytest.mark.parametrize("name", ["", "A", "My-Lake", "ab", "my_lake", "-lake", "l" * 64, "user:secret@host"])
def test_what_is_no_name_of_a_bucket(name: str) -> None:
    with pytest.raises(ConfigurationError, match="not the name of a bucket"):
        open_lake(f"s3://{name}")


def test_a_lake_is_a_whole_bucket() -> None:
    with pytest.raises(ConfigurationError, match=r"write s3://my-lake, not s3://my-lake/raw"):
        open_lake("s3://my-lake/raw/")


def test_the_driver_is_loaded_by_those_who_have_a_bucket_alone() -> None:
    program = "import sys, orchestration.cli, orchestration.context; print([m for m in sys.modules if 'boto' in m])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
