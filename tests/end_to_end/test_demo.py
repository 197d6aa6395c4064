"""The demonstration, as `make demo` runs it: the published account, the files, a first load and seven days."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.test_command_line import reelhouse


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "home"


@pytest.fixture(scope="module")
def lines(home: Path) -> list[dict[str, Any]]:
    ended = reelhouse(home.parent, "demo", "--home", str(home), "--json")
    assert ended.returncode == 0, ended.stderr
    days: list[dict[str, Any]] = json.loads(ended.stdout)
    return days


def test_a_first_load_of_the_published_size_and_seven_days(lines: list[dict[str, Any]]) -> None:
    first, *days = lines
    assert first["landed"] > 110_000 + 59_000 + 20_000
    assert first["files"] > 14 * 24
    assert len(days) == 7
    for day in days:
        assert day["outcome"] == "published"
        assert 0 < day["inserted"] < 10_000, "curves that changed have up to 1,000 rows each"
        assert day["requests"] < 70
        assert 20 < day["files"] < 40


def test_the_campaigns_have_their_published_classes(home: Path, lines: list[dict[str, Any]]) -> None:
    statement = (
        "select media_id, channel_name, play_rate_class, hours_watched_class from mart.media_summary "
        "where media_id in ('v08dlrgr7v', 'gskhw4w4lm') order by media_id desc"
    )
    rows = json.loads(reelhouse(home.parent, "warehouse", "sql", statement, "--home", str(home), "--json").stdout)
    assert [tuple(row.values()) for row in rows] == [
        ("v08dlrgr7v", "Facebook", "High", "High"),
        ("gskhw4w4lm", "YouTube", "Medium", "Medium"),
    ]


def test_again_it_loads_nothing_twice_and_shows_what_to_type_next(home: Path, lines: list[dict[str, Any]]) -> None:
    text = reelhouse(home.parent, "demo", "--home", str(home)).stdout
    assert text.count("loaded before") == len(lines)
    assert "What next" in text
    assert "Sample VSL Facebook" in text
    assert "The ten titles that were watched most" in text


def test_one_source_alone(home: Path, lines: list[dict[str, Any]]) -> None:
    text = reelhouse(home.parent, "demo", "--home", str(home), "--only", "streampulse").stdout
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
