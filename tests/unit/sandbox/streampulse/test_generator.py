"""The generator: the same files each time, all the dirt, and a truth that its own files tell."""

import csv
import gzip
import io
import json
import tracemalloc
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from extract.lake import DirectoryLake
from sandbox.streampulse.drops import Drop, drops
from sandbox.streampulse.instants import STYLES
from sandbox.streampulse.playbacks import Kind, Playbacks, Row
from sandbox.streampulse.producer import deliver
from sandbox.streampulse.size import DAY, EPOCH, Size
from sandbox.streampulse.truth import truth

SMALL = Size(users=200, titles=40, playbacks=400, days=6)


@pytest.fixture(scope="module")
def dropped() -> list[Drop]:
    return list(drops(SMALL, EPOCH))


def text_of(drop: Drop) -> str:
    data = drop.content().data
    return (gzip.decompress(data) if drop.name.endswith(".gz") else data).decode("utf-8-sig", "surrogateescape")


def test_files_are_the_same_each_time_and_come_in_order(dropped: list[Drop]) -> None:
    again = list(drops(SMALL, EPOCH))
    assert [(drop.at, drop.name, drop.content().data) for drop in again] == [
        (drop.at, drop.name, drop.content().data) for drop in dropped
    ]
    assert [drop.at for drop in dropped] == sorted(drop.at for drop in dropped)


def test_what_was_dropped_by_an_instant_does_not_depend_on_what_comes_after(dropped: list[Drop]) -> None:
    day_before = EPOCH - DAY
    earlier = [(drop.at, drop.name, drop.content().data) for drop in drops(SMALL, day_before)]
    assert earlier == [(drop.at, drop.name, drop.content().data) for drop in dropped if drop.at <= day_before]


def test_another_seed_is_another_platform() -> None:
    other = Size(users=200, titles=40, playbacks=400, days=6, seed=2)
    assert truth(other, EPOCH).playbacks != truth(SMALL, EPOCH).playbacks


def test_all_dirt_is_there() -> None:
    size = Size(users=60, titles=10, playbacks=600, days=14)
    playbacks = Playbacks(size)
    hours = [playbacks.next_hour() for _ in range(24 * size.days)]
    rows = [row for hour in hours for row in hour]
    seen = Counter(row.playback for row in rows)
    assert {row.kind for row in rows} == set(Kind)
    assert {row.style for row in rows} == set(range(len(STYLES)))
    assert any(row.end is None for row in rows)
    assert any(row.region == "" for row in rows)
    days = {
        name: {row.start // DAY for row in rows if row.playback == name} for name, times in seen.items() if times > 1
    }
    assert any(len(found) > 1 for found in days.values())
    found = list(drops(size, EPOCH))
    names = Counter(drop.name for drop in found)
    assert any(drop.content().data == b"" and names[drop.name] == 2 for drop in found if drop.feed == "playback")
    for part in ("again-", "restart-"):
        assert any(part in name for name in names)
    suffixes = {name.partition(".")[2] for name in names}
    assert suffixes == {"csv", "csv.gz", "jsonl", "jsonl.gz"}
    late = [drop for drop in found if drop.feed == "playback" and drop.at - _hour(drop) > 12 * 3600]
    assert late


def _hour(drop: Drop) -> int:
    day, _, rest = drop.name.partition("/")
    hour = int(rest.partition(".")[0][-2:])
    return int((datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=hour + 1)).timestamp())


def test_the_truth_is_what_a_plain_reader_finds_in_the_files(dropped: list[Drop]) -> None:
    """Ids alone, by the libraries' own readers: rows that they read and that are good are those of the truth."""
    found: set[str] = set()
    for drop in dropped:
        if drop.feed != "playback":
            continue
        try:
            text = text_of(drop)
        except EOFError:  # a file that breaks off
            found |= {row.playback for row in drop.content().rows if isinstance(row, Row)}
            continue
        if ".csv" in drop.name:
            found |= {fields[0] for fields in list(csv.reader(io.StringIO(text)))[1:] if fields}
        else:
            found |= {
                str(json.loads(line)[next(iter(json.loads(line)))]) for line in text.splitlines() if _is_json(line)
            }
    told = truth(SMALL, EPOCH).playbacks
    assert told.keys() <= found
    assert len(told) > 0.95 * len(found)


def _is_json(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def test_a_profile_counts_from_its_file_on_and_the_first_for_all_time_before() -> None:
    told = truth(Size(users=2_000, titles=10, playbacks=10, days=6), EPOCH)
    user, versions = next(
        (user, versions)
        for user, versions in told.profiles.items()
        if len({profile.subscription_plan for _, profile in versions}) > 1
    )
    (first_at, first), (second_at, second), *_ = versions
    assert told.profile_at(user, 0) == first
    assert told.profile_at(user, second_at - 1) == first
    assert told.profile_at(user, second_at) == second
    assert first_at < second_at
    assert told.profile_at("nobody", EPOCH) is None


def test_files_are_dropped_once_with_their_own_times(tmp_path: Path) -> None:
    lake = DirectoryLake(tmp_path, "lake")
    noon = datetime(2026, 1, 7, 12, tzinfo=UTC)
    parameters = {"users": 50, "titles": 10, "playbacks": 50, "days": 2}
    count = deliver(lake, "landing/", noon, **parameters)
    assert count == len(list(drops(Size(**parameters), int(noon.timestamp()))))
    assert deliver(lake, "landing/", noon, **parameters) == 0
    assert deliver(lake, "landing/", noon + timedelta(days=1), **parameters) > 24
    times = {info.key: int(info.modified_at.timestamp()) for info in lake.list_after("landing/")}
    until = int((noon + timedelta(days=1)).timestamp())
    assert times == {f"landing/{drop.feed}/{drop.name}": drop.at for drop in drops(Size(**parameters), until)}


def test_memory_does_not_grow_with_the_days(tmp_path: Path) -> None:
    def peak(days: int) -> int:
        tracemalloc.start()
        for drop in drops(Size(users=20, titles=5, playbacks=1_200, days=days), EPOCH):
            drop.content()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1)  # what is made once
    assert peak(6) < 2 * peak(3)


def test_nothing_is_no_size() -> None:
    with pytest.raises(ValueError, match="playbacks must be at least 1"):
        Size(playbacks=0)
