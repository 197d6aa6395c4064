"""The demonstration, as `make demo` runs it: an account, the files, a first load and seven days."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.commands import reelhouse


@dataclass(frozen=True)
class Size:
    """Of what is demonstrated.

    Attributes:
        variables: of the environment that make it other than `make demo` has it.
        landed: records that the first load lands at least.
        days: of which StreamPulse has dropped files before it.
        classes: channel, class of the play rate and of the hours, by campaign.
    """

    variables: dict[str, str]
    landed: int
    days: int
    classes: dict[str, tuple[str, ...]]


SMALL = Size(
    {
        "REELHOUSE_WISTIA__BASE_URL": "sandbox:.?profile=small",
        "REELHOUSE_STREAMPULSE__LANDING": "sandbox:.?users=150&titles=40&playbacks=150&days=3",
    },
    landed=2_000 + 1_500 + 2_000,
    days=3,
    classes={"v08dlrgr7v": ("Facebook", "High", "Low"), "gskhw4w4lm": ("YouTube", "Medium", "Low")},
)
PUBLISHED = Size(
    {},
    landed=110_000 + 59_000 + 20_000,
    days=14,
    classes={"v08dlrgr7v": ("Facebook", "High", "High"), "gskhw4w4lm": ("YouTube", "Medium", "Medium")},
)


@pytest.fixture(
    scope="module",
    params=[pytest.param(SMALL, id="small"), pytest.param(PUBLISHED, id="published", marks=pytest.mark.long)],
)
def size(request: pytest.FixtureRequest) -> Size:
    found: Size = request.param
    return found


@pytest.fixture(scope="module")
def home(size: Size, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def lines(size: Size, home: Path) -> list[dict[str, Any]]:
    ended = reelhouse(home.parent, "demo", "--home", str(home), "--json", **size.variables)
    assert ended.returncode == 0, ended.stderr
    days: list[dict[str, Any]] = json.loads(ended.stdout)
    return days


def test_a_first_load_and_seven_days(size: Size, lines: list[dict[str, Any]]) -> None:
    first, *days = lines
    assert first["landed"] > size.landed
    assert first["files"] > size.days * 24
    assert len(days) == 7
    for day in days:
        assert day["outcome"] == "published"
        assert 0 < day["inserted"] < 10_000, "curves that changed have up to 1,000 rows each"
        assert day["requests"] < 70
        assert 20 < day["files"] < 40


def test_the_campaigns_have_their_classes(size: Size, home: Path, lines: list[dict[str, Any]]) -> None:
    statement = (
        "select media_id, channel_name, play_rate_class, hours_watched_class from mart.media_summary "
        "where media_id in ('v08dlrgr7v', 'gskhw4w4lm') order by media_id desc"
    )
    rows = json.loads(
        reelhouse(home.parent, "warehouse", "sql", statement, "--home", str(home), "--json", **size.variables).stdout
    )
    assert {media: tuple(classes) for media, *classes in map(dict.values, rows)} == size.classes


def test_again_it_loads_nothing_twice_and_shows_what_to_type_next(
    size: Size, home: Path, lines: list[dict[str, Any]]
) -> None:
    text = reelhouse(home.parent, "demo", "--home", str(home), **size.variables).stdout
    assert text.count("loaded before") == len(lines)
    assert "What next" in text
    assert "Sample VSL Facebook" in text
    assert "The ten titles that were watched most" in text


def test_one_source_alone(size: Size, home: Path, lines: list[dict[str, Any]]) -> None:
    text = reelhouse(home.parent, "demo", "--home", str(home), "--only", "streampulse", **size.variables).stdout
    assert text.startswith("StreamPulse's files")
    assert text.count("loaded before") == len(lines)
    assert "The ten titles that were watched most" in text
    assert "Sample VSL Facebook" not in text


def test_a_source_that_a_folder_does_not_have(tmp_path: Path) -> None:
    (tmp_path / "reelhouse.yaml").write_text(
        "streampulse: {landing: 'sandbox:.'}\nwarehouse: 'sandbox:.'\nlake: 'file:lake'"
    )
    ended = reelhouse(tmp_path, "demo", "--home", ".", "--only", "wistia")
    assert ended.returncode == 2
    assert "has no wistia; choose another folder" in ended.stderr


def test_a_folder_with_somebody_elses_lake_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lake").mkdir()
    ended = reelhouse(tmp_path, "demo", "--home", ".")
    assert ended.returncode == 2
    assert "choose another folder with --home" in ended.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["lake"]
