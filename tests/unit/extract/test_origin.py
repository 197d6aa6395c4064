"""A lake belongs to the account that was landed in it first."""

from pathlib import Path

import pytest

from extract.errors import ConfigurationError
from extract.lake import DirectoryLake
from extract.origin import claim, origin, refuse_foreign

REAL = "https://api.wistia.com/v1"


@pytest.fixture
def lake(tmp_path: Path) -> DirectoryLake:
    return DirectoryLake(tmp_path, "lake")


def test_an_empty_lake_is_everybodys_and_asking_writes_nothing(lake: DirectoryLake) -> None:
    refuse_foreign(lake, "wistia", REAL)
    assert list(lake.list_after("")) == []


def test_a_claimed_lake_is_its_owners_alone(lake: DirectoryLake) -> None:
    claim(lake, "wistia", "sandbox:/somewhere/home")
    refuse_foreign(lake, "wistia", "sandbox:/moved/home")
    with pytest.raises(ConfigurationError, match=r"holds the data of sandbox, and api\.wistia\.com"):
        refuse_foreign(lake, "wistia", REAL)


def test_the_first_claim_stays(lake: DirectoryLake) -> None:
    claim(lake, "wistia", REAL)
    claim(lake, "wistia", "sandbox:/somewhere")
    refuse_foreign(lake, "wistia", REAL)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (REAL, "https://API.wistia.com/modern", True),
        (REAL, "https://api.example.com/v1", False),
        ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1", False),
        ("sandbox:/a", "sandbox:/b", True),
        ("sandbox:/a", "sandbox:/a?profile=small", False),
        ("sandbox:/a", "sandbox:/a?api=modern", True),
        ("sandbox:/a?profile=small", "sandbox:/b?api=modern&profile=small", True),
    ],
)
def test_which_addresses_are_of_one_origin(one: str, other: str, same: bool) -> None:
    assert (origin(one) == origin(other)) is same
