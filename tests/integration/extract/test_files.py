"""Files are taken once, whole or not at all, whatever happens to them and to the process that takes them."""

import gzip
import os
import tracemalloc
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from extract.clock import RunClock, new_run_id
from extract.errors import DataRefused, ReelhouseError
from extract.lake import DirectoryLake, Lake
from extract.lake.base import Version
from extract.lake.s3 import S3Lake
from extract.progress import Silent
from extract.settings import StreamPulse
from extract.sources.streampulse import source as source_module
from extract.sources.streampulse import taken
from extract.sources.streampulse.discover import Markers, Stillness, sort_out
from extract.sources.streampulse.source import FileExtraction, FileSource
from tests.integration.extract.landing import Landing
from tests.storage import Storage, storage

HEADER = b"playback_id,user_id\n"


@pytest.fixture(scope="module")
def s3() -> Iterator[Storage]:
    with storage() as server:
        yield server


@pytest.fixture(params=["folder", "s3"])
def landing(request: pytest.FixtureRequest, tmp_path: Path) -> Landing:
    if request.param == "folder":
        return Landing(DirectoryLake(tmp_path, "lake"))
    server: Storage = request.getfixturevalue("s3")
    return Landing(S3Lake(server.create(), server.endpoint_url))


@pytest.fixture
def folder(tmp_path: Path) -> Landing:
    return Landing(DirectoryLake(tmp_path, "lake"))


def row(*playbacks: str) -> bytes:
    return HEADER + b"".join(f"{playback},u\n".encode() for playback in playbacks)


def taken_playbacks(landing: Landing) -> list[str]:
    return [record["playback_id"] for record in landing.records()]


def test_a_file_is_taken_once_and_a_replaced_one_is_a_new_file(landing: Landing) -> None:
    landing.drop("playback/a.csv", row("p1"))
    landing.extract()
    landing.extract()
    assert taken_playbacks(landing) == ["p1"]
    landing.drop("playback/a.csv", row("p2"))
    report = landing.extract().streams[0]
    landing.extract()
    assert (report.files, report.landed, report.sequence) == (1, 1, 2)
    assert taken_playbacks(landing) == ["p1", "p2"]
    first, second = (manifest.files[0] for manifest in landing.manifests())
    assert first.key == second.key
    assert first.etag != second.etag


@pytest.mark.parametrize("others", [0, 3], ids=["told by a manifest", "gathered"])
def test_a_file_that_becomes_again_what_it_was_is_a_new_file(
    others: int, landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taken, "MANIFESTS", 3)
    landing.drop("playback/a.csv", row("right"))
    for number in range(others + 1):
        landing.extract()
        landing.drop(f"playback/{number}.csv", HEADER)
    for playback in ("wrong", "right"):
        landing.drop("playback/a.csv", row(playback))
        landing.extract()
        landing.extract()
    assert taken_playbacks(landing) == ["right", "wrong", "right"]


def test_the_same_content_under_another_name_is_another_file(landing: Landing) -> None:
    landing.drop("playback/a.csv", row("p1"))
    landing.drop("playback/deep/er/b.csv", row("p1"))
    landing.extract()
    assert taken_playbacks(landing) == ["p1", "p1"]


def test_what_is_no_file_of_the_source_is_left_alone(landing: Landing) -> None:
    for name in ("_SUCCESS", ".hidden.csv", "a.csv.tmp", "b.csv.part", "_temporary.csv", "c.csv.done", "d.csv~"):
        landing.drop(f"playback/{name}", row("p1"))
    report = landing.extract().streams[0]
    assert (report.files, report.refused, landing.manifests()) == (0, (), [])


def test_a_bad_file_stops_no_other_and_is_told_once(landing: Landing) -> None:
    landing.drop("playback/a-bad.csv.gz", b"no gzip")
    landing.drop("playback/b-bad.parquet", b"PAR1")
    landing.drop("playback/c-bad.csv", b"a;b\n1;2\n")
    landing.drop("playback/d-bad.csv", HEADER + b"1,2,3\n" * 30 + b"4,5\n")
    landing.drop("playback/e.csv", row("p1"))
    report = landing.extract().streams[0]
    assert [refused.partition(": ")[0].rpartition("/")[2][0] for refused in report.refused] == ["a", "b", "c", "d"]
    assert report.refused[3].endswith("30 of its 31 rows cannot be read")
    assert taken_playbacks(landing) == ["p1"]
    assert landing.extract().streams[0].refused == ()
    landing.drop("playback/c-bad.csv", row("p2"))
    landing.extract()
    assert taken_playbacks(landing) == ["p1", "p2"]


def test_files_land_in_the_order_in_which_they_were_written(folder: Landing) -> None:
    for name, age in (("a", 10), ("b", 30), ("c", 20)):
        folder.drop(f"playback/{name}.csv", row(name))
        path = folder.lake.engine_path(f"landing/streampulse/playback/{name}.csv")
        os.utime(path, (1_700_000_000 - age,) * 2)
    folder.extract()
    assert taken_playbacks(folder) == ["b", "c", "a"]
    times = [file.modified_at for file in folder.manifests()[0].files]
    assert times == sorted(times)


def test_a_file_that_was_only_touched_is_not_taken_again(folder: Landing) -> None:
    folder.drop("playback/a.csv", row("p1"))
    folder.extract()
    os.utime(folder.lake.engine_path("landing/streampulse/playback/a.csv"))
    assert folder.extract().streams[0].files == 0
    assert taken_playbacks(folder) == ["p1"]


def look(source: FileSource) -> FileExtraction:
    clock = RunClock()
    return source.extract(clock, new_run_id(clock.as_of), Silent())


def test_who_looks_again_and_again_reads_a_touched_file_once(folder: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.drop("playback/a.csv", row("p1"))
    source = folder.source()
    look(source)
    os.utime(folder.lake.engine_path("landing/streampulse/playback/a.csv"))
    look(source)
    monkeypatch.setattr(DirectoryLake, "open_version", None)
    assert look(source).streams[0].files == 0


def test_who_looks_again_and_again_reads_no_manifest_twice(folder: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside somebody else who takes files as well, and through gatherings of both."""
    monkeypatch.setattr(taken, "MANIFESTS", 3)
    first, second = folder.source(), folder.source()
    for number in range(12):
        folder.drop(f"playback/{number}.csv", row(f"p{number}"))
        look(first if number % 5 < 3 else second)
    assert taken_playbacks(folder) == [f"p{number}" for number in range(12)]
    look(first)
    read: list[str] = []
    get = DirectoryLake.get

    def noted(lake: DirectoryLake, key: str) -> bytes:
        read.append(key)
        return get(lake, key)

    monkeypatch.setattr(DirectoryLake, "get", noted)
    look(first)
    assert [key.rpartition("/")[2] for key in read] == ["000000000012.json"]


class Growing:
    """A folder in which a file was written just now, by the clock of the machine."""

    def __init__(self, tmp_path: Path) -> None:
        self.landing = Landing(DirectoryLake(tmp_path, "lake"), StreamPulse(settle_seconds=10))
        self.landing.drop("playback/a.csv", row("p1"))
        (info,) = self.landing.lake.list_after("landing/")
        self.landing.now = info.modified_at + timedelta(seconds=1)
        self.source = self.landing.source()

    def look(self, after: float = 0) -> int:
        """Let time pass, look, and return how many rows have landed by then."""
        self.landing.now += timedelta(seconds=after)
        clock = RunClock()
        self.source.extract(clock, new_run_id(clock.as_of), Silent(), patient=False)
        return len(self.landing.records())


def test_files_in_the_folder_of_no_feed_are_named_and_the_others_taken(landing: Landing) -> None:
    for key in (
        "a.csv",
        "playbacks/b.csv",
        "playback/c.csv",
        "playback/deep/d.csv",
        "user_profiles/_SUCCESS",
        ".hidden",
    ):
        landing.drop(key, row(key))
    landing.drop("user_profiles.csv", row("u"))
    found = landing.extract()
    assert found.streams[0].landed == 2
    assert found.astray == (
        "'landing/streampulse/a.csv' and 2 more: in the folder of no feed; move it to one of "
        "landing/streampulse/playback/, landing/streampulse/content_metadata/, landing/streampulse/user_profiles/"
    )


def test_a_growing_file_is_left_alone_until_it_is_still(tmp_path: Path) -> None:
    growing = Growing(tmp_path)
    assert growing.look() == 0
    assert growing.look(after=8.5) == 0
    assert growing.look(after=1) == 1


@pytest.mark.parametrize("marker", ["a.csv.done", "_SUCCESS"])
def test_a_marker_says_that_a_file_is_whole(marker: str, tmp_path: Path) -> None:
    growing = Growing(tmp_path)
    growing.landing.drop(f"playback/{marker}", b"")
    assert growing.look() == 1


def test_a_marker_that_is_older_than_the_file_speaks_of_another(tmp_path: Path) -> None:
    growing = Growing(tmp_path)
    growing.landing.drop("playback/_SUCCESS", b"")
    path = growing.landing.lake.engine_path("landing/streampulse/playback/_SUCCESS")
    os.utime(path, (growing.landing.now.timestamp() - 100,) * 2)
    assert growing.look() == 0


def test_a_file_from_the_future_is_taken_when_it_was_seen_still(tmp_path: Path) -> None:
    growing = Growing(tmp_path)
    path = growing.landing.lake.engine_path("landing/streampulse/playback/a.csv")
    future = growing.landing.now.timestamp() + 86_400
    os.utime(path, (future, future))
    assert growing.look() == 0
    assert growing.look(after=9) == 0
    os.utime(path, (future + 1, future + 1))
    assert growing.look(after=9) == 0
    assert growing.look(after=10) == 1


def test_a_file_that_grows_no_more_is_not_remembered(folder: Landing) -> None:
    """One from the future that went away and came back has to be seen still anew."""
    folder.drop("playback/a.csv", row("p1"))
    (info,) = folder.lake.list_after("landing/")
    stillness, now = Stillness(timedelta(seconds=10)), info.modified_at - timedelta(days=1)
    for after, files, growing in ((0, [info], 1), (20, [], 0), (40, [info], 1), (60, [info], 0)):
        found = sort_out(files, Markers(), stillness, now + timedelta(seconds=after))
        assert len(found.growing) == growing


def test_a_run_waits_once_for_what_was_just_written(tmp_path: Path) -> None:
    landing = Growing(tmp_path).landing
    waits: list[float] = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        landing.now += timedelta(seconds=seconds)

    landing.sleep = sleep
    landing.extract()
    assert waits == [10]
    assert taken_playbacks(landing) == ["p1"]
    landing.extract()
    assert waits == [10]


class Interfering(DirectoryLake):
    """Does something to a file between its opening and its end."""

    def __init__(self, root: Path, bucket: str) -> None:
        super().__init__(root, bucket)
        self.during: dict[str, Any] = {}

    def open_version(self, key: str) -> AbstractContextManager[Version | None]:
        return self._interfered(key, super().open_version(key))

    @contextmanager
    def _interfered(self, key: str, opened: AbstractContextManager[Version | None]) -> Iterator[Version | None]:
        with opened as version:
            if work := self.during.pop(key.rpartition("/")[2], None):
                work(self._path(key))
            yield version


def test_a_file_that_grows_while_it_is_read_is_taken_when_it_is_done(tmp_path: Path) -> None:
    landing = Landing(Interfering(tmp_path, "lake"))
    landing.drop("playback/a.csv", row("p1"))
    landing.drop("playback/b.csv", row("p2"))
    assert isinstance(landing.lake, Interfering)
    landing.lake.during["a.csv"] = lambda path: path.write_bytes(row("p1", "p3"))
    report = landing.extract().streams[0]
    assert taken_playbacks(landing) == ["p2"]
    assert any("changes while it is read" in note for note in report.notes)
    landing.extract()
    assert taken_playbacks(landing) == ["p2", "p1", "p3"]


def test_a_file_that_is_replaced_while_it_is_read_is_taken_as_it_is_then(tmp_path: Path) -> None:
    landing = Landing(Interfering(tmp_path, "lake"))
    landing.drop("playback/a.csv", row("p1"))
    assert isinstance(landing.lake, Interfering)
    landing.lake.during["a.csv"] = lambda _: landing.drop("playback/a.csv", row("p2"))
    landing.extract()
    landing.extract()
    assert taken_playbacks(landing) == ["p2"]


def test_a_file_that_goes_away_meanwhile_is_no_trouble(tmp_path: Path) -> None:
    class Losing(DirectoryLake):
        def open_version(self, key: str) -> AbstractContextManager[Version | None]:
            self.delete(key)
            return super().open_version(key)

    landing = Landing(Losing(tmp_path, "lake"))
    landing.drop("playback/a.csv", row("p1"))
    assert landing.extract().streams[0].files == 0


def test_a_file_that_cannot_be_opened_stops_no_other_and_many_in_a_row_are_a_failure(tmp_path: Path) -> None:
    class Forbidding(DirectoryLake):
        def open_version(self, key: str) -> AbstractContextManager[Version | None]:
            if "secret" in key:
                raise ReelhouseError(f"{key} could not be read: Permission denied")
            return super().open_version(key)

    landing = Landing(Forbidding(tmp_path, "lake"))
    landing.drop("playback/a-secret.csv", row("p1"))
    landing.drop("playback/b.csv", row("p2"))
    report = landing.extract().streams[0]
    assert taken_playbacks(landing) == ["p2"]
    assert any("Permission denied" in note for note in report.notes)
    for number in range(10):
        landing.drop(f"playback/secret-{number}.csv", row("p"))
    with pytest.raises(ReelhouseError, match="one after the other"):
        landing.extract()


class Stopped(BaseException):
    """Stands for SIGKILL."""


class Killing:
    """A lake that ends the process at its n-th write."""

    def __init__(self, lake: Lake, writes: int) -> None:
        self._lake = lake
        self._left = writes

    def __getattr__(self, name: str) -> Any:
        verb = getattr(self._lake, name)
        if name not in {"put", "put_if_absent"}:
            return verb

        def write(*arguments: Any) -> Any:
            self._left -= 1
            if self._left == 0:
                raise Stopped
            done = verb(*arguments)
            self._left -= 1
            if self._left == 0:
                raise Stopped
            return done

        return write


@pytest.mark.parametrize("writes", range(1, 30))
def test_killed_anywhere_each_file_is_taken_once(writes: int, folder: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_module, "COMMIT_FILES", 2)
    monkeypatch.setattr(taken, "MANIFESTS", 2)
    for number in range(8):
        folder.drop(f"playback/{number}.csv", row(f"p{number}"))
    for left in (writes, writes + 3, 10_000):
        killing: Any = Killing(folder.lake, left)
        try:
            folder.extract(lake=killing)
        except Stopped:
            continue
    assert sorted(taken_playbacks(folder)) == [f"p{number}" for number in range(8)]
    assert folder.extract().streams[0].files == 0


def test_two_at_once_take_each_file_once(folder: Landing) -> None:
    class Racing(DirectoryLake):
        """Lets another extraction run before its first commit."""

        raced = False

        def put_if_absent(self, key: str, data: bytes) -> bool:
            if "_manifests" in key and not self.raced:
                self.raced = True
                folder.extract()
            return super().put_if_absent(key, data)

    for number in range(3):
        folder.drop(f"playback/{number}.csv", row(f"p{number}"))
    assert isinstance(folder.lake, DirectoryLake)
    report = folder.extract(lake=Racing(folder.lake.root, folder.lake.bucket)).streams[0]
    assert sorted(taken_playbacks(folder)) == ["p0", "p1", "p2"]
    assert (report.files, report.landed) == (0, 0)


def test_what_was_taken_is_known_from_few_objects_after_years(folder: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Years of manifests: an extraction reads the newest ones and one gathering, and takes no file twice."""
    monkeypatch.setattr(taken, "MANIFESTS", 4)
    for number in range(30):
        folder.drop(f"playback/{number}.csv", row(f"p{number}"))
        folder.extract()
    got: list[str] = []

    class Listening(DirectoryLake):
        def get(self, key: str) -> bytes:
            got.append(key)
            return super().get(key)

    assert isinstance(folder.lake, DirectoryLake)
    listening = Listening(folder.lake.root, folder.lake.bucket)
    assert folder.extract(lake=listening).streams[0].files == 0
    assert len([key for key in got if "/playback/_manifests/" in key]) <= 6
    cursor = folder.manifests()[-1].cursor_after
    assert cursor["gathering"]["bytes"] <= 16 * 30
    assert len(str(cursor)) < 400
    assert len(taken_playbacks(folder)) == 30


def test_a_file_that_is_gone_is_forgotten_and_read_again_should_it_come_back(
    folder: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taken, "MANIFESTS", 1)
    folder.drop("playback/old.csv", row("old"))
    folder.extract()
    folder.lake.delete("landing/streampulse/playback/old.csv")
    for number in range(3):
        folder.drop(f"playback/{number}.csv", row(f"p{number}"))
        folder.extract()
    assert folder.manifests()[-1].cursor_after["gathering"]["bytes"] == 16 * 2
    folder.drop("playback/old.csv", row("old"))
    folder.extract()
    assert taken_playbacks(folder) == ["old", "p0", "p1", "p2", "old"]


def test_a_damaged_gathering_is_refused(folder: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taken, "MANIFESTS", 1)
    for number in range(3):
        folder.drop(f"playback/{number}.csv", row(f"p{number}"))
        folder.extract()
    gathering = folder.manifests()[-1].cursor_after["gathering"]["key"]
    folder.lake.put(gathering, b"x" * 16)
    with pytest.raises(DataRefused, match="not those that raw manifest 3"):
        folder.extract()


def test_memory_does_not_grow_with_a_file(folder: Landing) -> None:
    rng = Random(1)

    def peak(rows: int) -> int:
        text = HEADER + b"".join(b"%d,%d\n" % (number, rng.randrange(10**9)) for number in range(rows))
        folder.drop(f"playback/{rows}.csv.gz", gzip.compress(text, 1))
        tracemalloc.start()
        folder.extract()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    small, large = peak(10_000), peak(60_000)
    assert large - small < 2_000_000  # 50,000 rows more, of which a tenth stays as compressed raw text


def test_two_lakes_at_one_place_know_the_same(folder: Landing) -> None:
    """Nothing is kept in a process: another one, with another clock, knows what was taken."""
    folder.drop("playback/a.csv", row("p1"))
    folder.extract()
    assert isinstance(folder.lake, DirectoryLake)
    other = Landing(DirectoryLake(folder.lake.root, folder.lake.bucket))
    assert other.extract().streams[0].files == 0
