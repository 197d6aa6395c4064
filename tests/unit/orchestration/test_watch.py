"""Watching: when files are taken and loaded, and what becomes of trouble. Time moves when the test says so."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from extract.errors import ConfigurationError, LockHeld, ReelhouseError
from extract.lake import DirectoryLake
from extract.progress import Silent
from extract.settings import Quarantine
from extract.sources.streampulse.source import FileSource
from orchestration.context import Context, Options
from orchestration.pipeline import Extract, RunReport, extract_stage
from orchestration.watch import Watcher, make_watcher, watch_for_good

CONFIGURATION = """\
streampulse: {{poll_seconds: 5, settle_seconds: 2}}
lake: "file:lake"
load: {{min_interval: {min_interval}}}
warehouse: "sandbox:."
"""


@dataclass
class Watched:
    """A watcher over a folder, with loads that only tell what they were given."""

    home: Path
    min_interval: float = 0
    now: float = 1_000_000_000.0
    trouble: ReelhouseError | None = None
    loads: list[tuple[float, list[str]]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    waited: float = 0

    def __post_init__(self) -> None:
        (self.home / "reelhouse.yaml").write_text(CONFIGURATION.format(min_interval=self.min_interval))
        context = Context(Options(home=self.home))
        assert context.settings.streampulse
        self.lake = DirectoryLake(self.home, "lake")
        source = FileSource(self.lake, context.settings.streampulse, Quarantine(), now=self.time)
        self.watcher = Watcher(
            context,
            context.settings.streampulse,
            source,
            self.load,
            loaded=lambda report: self.told.append(report.outcome),
            say=self.told.append,
            monotonic=lambda: self.now,
        )

    def time(self) -> datetime:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now)

    def load(self, context: Context, extract: Extract) -> RunReport:
        if self.trouble:
            raise self.trouble
        streams = extract(context, Silent()).streams
        self.loads.append((self.now, [f"{stream.stream} {stream.landed}" for stream in streams]))
        return RunReport(context.run_id, "", "published" if streams else "nothing new", extraction=None)

    def drop(self, name: str, age: float = 60, folder: str = "playback/") -> None:
        """Drop a file that says that it was written so many seconds ago."""
        key = f"landing/streampulse/{folder}{name}"
        self.lake.put(key, f"playback_id,user_id\n{name},u\n".encode())
        path = self.lake.engine_path(key)
        os.utime(path, (self.now - age, self.now - age))

    def go_on(self, seconds: float) -> None:
        """Let it watch for so long."""
        end = self.now + seconds
        while self.now < end:
            self.waited = self.watcher.step()
            self.now += self.waited


def test_what_had_landed_before_is_loaded_at_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.go_on(1)
    assert [streams for _, streams in watched.loads] == [[]]
    assert watched.told == []


def test_files_are_loaded_at_the_next_look_and_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.go_on(1)
    watched.drop("a.csv")
    watched.drop("b.csv")
    watched.go_on(60)
    assert [streams for _, streams in watched.loads] == [[], ["streampulse/playback 2"]]


def test_a_file_in_a_wrong_folder_is_told_once(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.go_on(1)
    watched.drop("a.csv", folder="playbacks/")
    watched.go_on(60)
    assert [said.split(":")[0] for said in watched.told] == ["'landing/streampulse/playbacks/a.csv'"]
    watched.drop("b.csv", folder="")
    watched.go_on(60)
    assert [said.split(":")[0] for said in watched.told[1:]] == ["'landing/streampulse/b.csv' and 1 more"]


def test_a_run_tells_of_it_in_its_report(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.drop("a.csv", folder="playbacks/")
    first, *others = extract_stage(Context(Options(home=tmp_path)), Silent()).streams
    assert [note.split(":")[0] for note in first.notes] == ["'landing/streampulse/playbacks/a.csv'"]
    assert all(stream.notes == () for stream in others)


def test_a_file_that_was_just_written_is_looked_at_again_when_it_may_be_still(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.go_on(1)
    watched.drop("a.csv", age=0)
    begun = watched.now
    watched.watcher.step()
    assert watched.watcher.step() == 2
    watched.now += 2
    watched.watcher.step()
    assert watched.loads[-1] == (begun + 2, ["streampulse/playback 1"])


def test_what_arrives_within_the_interval_is_gathered_into_one_load(tmp_path: Path) -> None:
    watched = Watched(tmp_path, min_interval=300)
    watched.drop("first.csv")
    watched.go_on(1)
    for number in range(20):
        watched.drop(f"{number}.csv")
        watched.go_on(10)
    watched.go_on(200)
    (first, _), (second, streams) = watched.loads
    assert 300 <= second - first <= 305
    assert sum(int(stream.split()[1]) for stream in streams) == 20


def test_trouble_is_told_and_tried_again_less_and_less_often(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.trouble = LockHeld("somebody else loads")
    watched.drop("a.csv")
    watched.go_on(600)
    assert set(watched.told) == {"somebody else loads"}
    assert 4 <= len(watched.told) <= 8
    watched.trouble = None
    watched.go_on(900)
    assert [streams for _, streams in watched.loads] == [["streampulse/playback 1"]]
    watched.drop("b.csv")
    watched.go_on(6)
    assert len(watched.loads) == 2


def test_a_lake_that_is_gone_for_days_is_told_now_and_then_and_files_are_loaded_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(tmp_path)
    watched.go_on(1)
    extract = FileSource.extract

    def gone(*_: object, **__: object) -> None:
        raise ReelhouseError("no lake")

    monkeypatch.setattr(FileSource, "extract", gone)
    watched.go_on(86_400)
    assert set(watched.told) == {"no lake"}
    assert 96 <= len(watched.told) <= 96 + 10
    watched.watcher._failed_looks = 2_000  # two doubled so often is no number any more
    watched.go_on(1)
    monkeypatch.setattr(FileSource, "extract", extract)
    watched.drop("a.csv")
    watched.watcher.step()
    assert watched.loads[-1] == (watched.now, ["streampulse/playback 1"])


def test_what_had_landed_when_a_look_failed_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched(tmp_path)
    watched.go_on(1)
    watched.drop("a.csv")
    extract = FileSource.extract

    def half(*given: Any, **named: Any) -> None:
        extract(*given, **named)
        raise ReelhouseError("the second feed cannot be listed")

    monkeypatch.setattr(FileSource, "extract", half)
    watched.watcher.step()
    assert len(watched.loads) == 1
    monkeypatch.setattr(FileSource, "extract", extract)
    watched.watcher.step()
    assert len(watched.loads) == 2


def test_wrong_settings_end_it_before_anything_was_loaded_and_never_after(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.trouble = ConfigurationError("no such host")
    with pytest.raises(ConfigurationError):
        watched.watcher.step()
    watched.trouble = None
    watched.go_on(1)
    watched.trouble = ConfigurationError("no such host")
    watched.drop("a.csv")
    watched.go_on(6)
    assert watched.told == ["no such host"]


def test_each_load_has_a_name_and_an_instant_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "reelhouse.yaml").write_text(CONFIGURATION.format(min_interval=0))
    context = Context(Options(home=tmp_path))
    first = context.again()
    second = context.again()
    assert len({context.run_id, first.run_id, second.run_id}) == 3
    assert context.clock.as_of < first.clock.as_of < second.clock.as_of
    assert first.lake is not None


def test_without_files_there_is_nothing_to_watch(tmp_path: Path) -> None:
    (tmp_path / "reelhouse.yaml").write_text("wistia:\n")
    unused: Callable[..., RunReport] = RunReport
    with pytest.raises(ConfigurationError, match="no section streampulse"):
        make_watcher(Context(Options(home=tmp_path)), unused, print, print)


def test_it_ends_with_the_signal(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            raise KeyboardInterrupt

    watch_for_good(watched.watcher, sleep)
    assert waits == [5, 5, 5]
