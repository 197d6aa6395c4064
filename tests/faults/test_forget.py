"""Fault 38: a person is erased everywhere and does not return, by a replay or from the source, whatever is killed."""

import gzip
import os
import re
import shutil
from pathlib import Path

import pytest

from extract.errors import ConfigurationError, DataRefused, ReelhouseError
from extract.lake import Lake
from extract.manifest import raw_log
from extract.privacy import PrivacyKey
from extract.progress import Silent
from orchestration import erasures
from orchestration.doctor import examine
from orchestration.forget import ForgetReport, Traces, asked, find, forget
from orchestration.pipeline import do_job, export_stage, extract_stage, load_stage, normalise_stage
from orchestration.status import read_status
from spark.forgotten import forgotten_log
from spark.jobs.retention import Expired, Expiry
from spark.manifest import Counts, staging_log
from spark.raw import RawObject, checked
from tests.faults.persons import ADA, BOB, Home, holding, playback, session, visitor
from tests.faults.test_storage_refuses import FullFrom
from tests.integration.spark.lakes import land

VISITORS = "wistia/visitors"
TAKEN_OUT = {VISITORS: 4, "wistia/events": 2, "streampulse/user_profiles": 1, "streampulse/playback": 1}
"""Of Ada, from raw."""
WHOLE = ("records", "objects", "rows", "landing", "refused", "deleted", "restated", "exported")
"""What a receipt tells of the work."""


class Killed(BaseException):
    """Stands for SIGKILL."""


def kill(*_: object) -> None:
    """Die in the place of something else."""
    raise Killed


class Until:
    """Progress that kills at the n-th event of a name."""

    def __init__(self, name: str, number: int = 1) -> None:
        self._name, self._left = name, number

    def event(self, name: str, **fields: object) -> None:
        """Kill at the event."""
        self._left -= name == self._name
        if name == self._name and not self._left:
            raise Killed

    def advance(self, *_: object) -> None:
        """Ignore how far the work is."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with everything loaded, to be copied."""
    home = Home(tmp_path_factory.mktemp("persons"))
    home.plant()
    home.load()
    return home.folder


def copied(loaded: Path, folder: Path) -> Home:
    """Return a copy of a folder in which everything is loaded."""
    copy = Home(folder)
    shutil.copytree(loaded / "lake", folder / "lake")
    for file in (*loaded.glob("warehouse.duckdb*"), loaded / "privacy.key"):
        shutil.copy(file, folder)
    return copy


@pytest.fixture
def home(loaded: Path, tmp_path: Path) -> Home:
    return copied(loaded, tmp_path)


@pytest.fixture(scope="module")
def whole(loaded: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What the receipt of an erasure tells that nobody interrupts."""
    home = copied(loaded, tmp_path_factory.mktemp("whole"))
    erase(home, emails=("ada@example.org",))
    (receipt,) = erasures.receipts(home.lake)
    return {name: receipt[name] for name in WHOLE}


def traces(home: Home, **known: tuple[str, ...]) -> Traces:
    given = {"visitors": (), "emails": (), "users": (), **known}
    return find(home.context(), Silent(), asked(**given))


def erase(home: Home, progress: object = None, **known: tuple[str, ...]) -> ForgetReport:
    context = home.context()
    return forget(context, progress or Silent(), traces(home, **known))  # type: ignore[arg-type]


def assert_gone(home: Home) -> None:
    assert holding(home.objects(), ADA) == {}
    assert holding(home.tables(), ADA) == {}
    for known in BOB:
        assert holding(home.objects(), (known,))
        assert holding(home.tables(), (known,))
    # Manifests outlive persons: what sums of before and after an erasure differ by would be hers.
    told = [home.lake.get(info.key).decode() for info in home.lake.list_after("staging/_manifests/")]
    assert [manifest for manifest in told if re.search(r'"sums":\s*\{\s*"', manifest)] == []
    # Whoever is killed leaves an attempt that has not ended.
    findings = examine(home.context(), Silent()).findings
    assert [finding for finding in findings if finding.kind not in ("quarantine", "attempt")] == []


def rotate(home: Home) -> str:
    """Give a sandbox a new key, that of before behind it; return the new one."""
    file, new = home.folder / "privacy.key", "0123456789abcdef" * 4
    file.write_text(f"{new}\n{file.read_text()}\n")
    return new


def hashes(home: Home) -> list[tuple[object, ...]]:
    """Return the hashes of addresses by whom they are of, as they stand in all tables that have some."""
    visitors = "select visitor_id, email_hash from core.dim_visitor where email_hash is not null"
    users = "select user_id, email_hash from core.dim_user where email_hash is not null"
    identities = "select visitor_id, email_hash from restricted.visitor_identity where email_hash is not null"
    return sorted({row for select in (visitors, users, identities) for row in home.rows(select)})


@pytest.mark.long
def test_she_was_there(home: Home) -> None:
    for known in ADA:
        assert holding(home.objects(), (known,)), known
        assert holding(home.tables(), (known,)), known


def test_an_address_is_erased_with_all_who_carry_it_and_a_replay_does_not_bring_her_back(home: Home) -> None:
    """The replay is one under another key."""
    days = "select activity_date, session_count from mart.media_daily_performance order by 1"
    before = dict(home.rows(days))
    found = traces(home, emails=(" ADA@example.org",))
    assert {subject: len([s for s, _ in found.persons if s == subject]) for subject, _ in found.persons} == {
        "email": 1,
        "visitor": 2,
        "user": 1,
    }
    report = forget(home.context(), Silent(), found)
    assert report.receipt
    assert dict(report.receipt.records) == TAKEN_OUT
    assert report.receipt.landing == 2
    assert report.receipt.deleted["core.dim_visitor"] == 2
    assert report.receipt.deleted["core.fct_viewing_session"] == 2
    assert report.receipt.deleted["core.fct_playback"] == 1
    assert_gone(home)
    after = dict(home.rows(days))
    assert sum(after.values()) == sum(before.values()) - 2
    assert home.rows("select sum(playback_count) from mart.daily_engagement") == [(1,)]
    assert "ada" not in str(erasures.receipts(home.lake)).lower()
    bob = PrivacyKey.of(rotate(home)).hash("bob@example.org")
    home.replay()
    assert_gone(home)
    assert hashes(home) == [("bob-key", bob), ("bob-user", bob)]
    assert dict(home.rows(days)) == after
    assert erase(home, emails=("ada@example.org",)).is_known is False


@pytest.mark.long
def test_the_key_is_replaced_and_whoever_was_forgotten_under_the_old_one_does_not_return(home: Home) -> None:
    erase(home, emails=("ada@example.org",))
    before, new = hashes(home), rotate(home)
    again = [visitor("ada-tablet", "ADA@example.org"), visitor("ada-key"), visitor("dora", "dora@example.org")]
    land(home.lake, VISITORS, again)
    with pytest.raises(ConfigurationError, match="is not the one under which"):
        home.load()
    home.replay()
    home.load()
    bob = PrivacyKey.of(new).hash("bob@example.org")
    assert [row for row in hashes(home) if row[0] != "dora"] == [("bob-key", bob), ("bob-user", bob)]
    assert before != [("bob-key", bob), ("bob-user", bob)]
    assert_gone(home)
    assert holding(home.objects(), ("ada-tablet",)) == {}
    assert holding(home.tables(), ("ada-tablet",)) == {}
    (home.folder / "privacy.key").write_text(new)
    with pytest.raises(ConfigurationError, match="request 1 to forget somebody was recorded under"):
        home.load()


@pytest.mark.long
@pytest.mark.parametrize("killed", ["forget.recorded", "forget.supersede", "forget.commit"])
def test_a_request_that_was_killed_under_the_old_key_is_completed_under_the_new_one(home: Home, killed: str) -> None:
    with pytest.raises(Killed):
        erase(home, Until(killed), emails=("ada@example.org",))
    rotate(home)
    home.replay()
    assert_gone(home)


@pytest.mark.long
def test_between_a_new_key_and_the_replay_somebody_is_forgotten_by_an_address_that_only_the_warehouse_has(
    home: Home,
) -> None:
    """Raw is kept for a shorter time than tables are, whose hashes are under the old key."""
    for manifest in list(raw_log(home.lake, VISITORS).after(0)):
        found = Expired("raw", VISITORS, manifest.sequence, manifest.committed_at, manifest.objects)
        assert Expiry(home.lake, home.context().clock, "expiry").let_go(found)
    rotate(home)
    erase(home, emails=("ada@example.org",))
    assert holding(home.tables(), ("ada-key", "ada-phone", "ada@example.org", "Ada Lovelace")) == {}
    assert holding(home.tables(), ("bob-key",))


@pytest.mark.long
def test_who_lands_again_is_dropped_counted_and_taken_out_of_raw(home: Home) -> None:
    erase(home, emails=("ada@example.org",))
    land(
        home.lake,
        VISITORS,
        [visitor("ada-key", "ada@example.org"), visitor("new-key", "Ada@Example.org"), visitor("dora")],
    )
    land(home.lake, "wistia/events", [session("s9", "ada-key")])
    home.load()
    manifest = staging_log(home.lake).head()
    assert manifest
    assert manifest.entities["wistia__visitor"].counts == Counts(landed=3, normalised=1, forgotten=2, rows=1)
    assert manifest.forgotten == {VISITORS: 2, "wistia/events": 1}
    assert_gone(home)
    assert holding(home.objects(), ("new-key",)) == {}
    assert home.rows("select count(*) from core.dim_visitor where visitor_id = 'dora'") == [(1,)]
    marks = [info.key for info in home.lake.list_after("forgotten/")]
    home.load()
    assert [info.key for info in home.lake.list_after("forgotten/")] == marks, "nothing is left to be done"


@pytest.mark.parametrize(
    ("event", "number", "runs"),
    [
        pytest.param("forget.recorded", 1, 1, marks=pytest.mark.long),
        pytest.param("forget.supersede", 1, 1, marks=pytest.mark.long),
        ("forget.supersede", 3, 2),
        pytest.param("forget.supersede", 6, 2, marks=pytest.mark.long),
        pytest.param("forget.commit", 1, 2, marks=pytest.mark.long),
        pytest.param("forget.completed", 1, 1, marks=pytest.mark.long),
    ],
)
def test_killed_in_the_middle_the_next_command_that_loads_completes_it(
    home: Home, whole: dict[str, object], event: str, number: int, runs: int
) -> None:
    """Of a run that was killed before it had done anything the receipt does not tell."""
    with pytest.raises(Killed):
        erase(home, Until(event, number), emails=("ada@example.org",))
    is_over = event == "forget.completed"
    assert read_status(home.context()).forgetting is not is_over
    report = do_job("load", home.context(), Silent())
    assert is_over or home.lake.get(report.forgotten)
    assert_gone(home)
    (receipt,) = erasures.receipts(home.lake)
    assert {name: receipt[name] for name in WHOLE} == whole, "it tells of the work of the one who was killed, too"
    assert len(receipt["runs"]) == runs
    assert do_job("load", home.context(), Silent()) is None


@pytest.mark.long
@pytest.mark.parametrize("turn", [2, 7, 15])
def test_the_disk_is_full_and_the_next_command_that_loads_completes_it(
    home: Home, turn: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = traces(home, emails=("ada@example.org",))
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", FullFrom(turn))
        with pytest.raises(ReelhouseError, match="the disk is full"):
            forget(home.context(), Silent(), known)
    assert forgotten_log(home.lake).head(), "nobody has to ask again"
    do_job("load", home.context(), Silent())
    assert_gone(home)


@pytest.mark.long
def test_killed_when_only_the_warehouse_has_the_days_anew_they_are_published_by_the_next(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def days() -> dict[str, bytes]:
        return {key: data for key, data in home.objects().items() if key.endswith(".parquet") and "analytics/" in key}

    assert export_stage(home.context(), Silent())
    before = days()
    assert before
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.erasures.export", kill)
        with pytest.raises(Killed):
            erase(home, users=("ada-user",))
    assert home.rows("select sum(playback_count) from mart.daily_engagement") == [(1,)]
    assert days() == before
    do_job("load", home.context(), Silent())
    assert days() != before
    assert erasures.receipts(home.lake)[-1]["exported"] == 1


@pytest.mark.long
def test_refused_files_that_have_her_in_them_go_whole_and_others_stay(home: Home) -> None:
    folder = "landing/streampulse/user_profiles/"
    home.lake.put(f"{folder}hers.xlsx", b"id;ada@example.org")
    home.lake.put(f"{folder}repaired.txt", b"ada@example.org")
    home.lake.put(f"{folder}nobodys.xlsx", b"id;nada@example.org")
    extract_stage(home.context(), Silent())
    found = traces(home, emails=("ada@example.org",))
    assert set(found.refused) == {f"{folder}hers.xlsx", f"{folder}repaired.txt"}
    with pytest.raises(Killed):
        forget(home.context(), Until("forget.recorded"), found)
    home.lake.put(f"{folder}repaired.txt", b"another one")
    home.load()
    (receipt,) = erasures.receipts(home.lake)
    assert (receipt["refused"], receipt["landing"]) == (1, 2)
    left = [info.key for info in home.lake.list_after(folder)]
    assert left == [f"{folder}bob.jsonl", f"{folder}nobodys.xlsx", f"{folder}repaired.txt"]


@pytest.mark.long
def test_of_a_visitor_that_is_asked_for_only_that_one_goes(home: Home) -> None:
    report = erase(home, visitors=("ada-key",))
    assert report.receipt
    assert set(report.receipt.records) == {VISITORS, "wistia/events"}
    assert home.rows("select visitor_id from core.dim_visitor where visitor_key > 0 order by 1") == [
        ("ada-phone",),
        ("bob-key",),
        ("carl",),
    ]


@pytest.mark.long
def test_somebody_unknown_is_recorded_and_never_enters(home: Home) -> None:
    report = erase(home, users=("zoe",))
    assert (report.is_known, report.request) == (False, 1)
    home.drop("playback/more.jsonl", playback("p9", "zoe"), playback("p8", "yan"))
    home.load()
    assert home.rows("select playback_id from core.fct_playback order by 1") == [("p1",), ("p2",), ("p8",)]


@pytest.mark.long
def test_under_a_key_that_is_another_no_request_is_recorded(home: Home) -> None:
    (home.folder / "privacy.key").write_text("0123456789abcdef" * 4)
    with pytest.raises(ConfigurationError, match="is not the one under which the loads up to"):
        erase(home, emails=("ada@example.org",))
    assert forgotten_log(home.lake).head() is None


@pytest.mark.long
def test_two_at_once_are_both_forgotten(home: Home) -> None:
    """The second is recorded while the first is at work."""
    ada, bob = (traces(home, emails=(email,)) for email in ("ada@example.org", "bob@example.org"))

    class Beside:
        def event(self, name: str, **fields: object) -> None:
            if name == "forget.supersede" and forgotten_log(home.lake).head(1) is None:
                forget(home.context(), Silent(), bob)

        def advance(self, *_: object) -> None: ...

    forget(home.context(), Beside(), ada)
    home.load()
    assert holding(home.objects(), (*ADA, *BOB)) == {}
    assert holding(home.tables(), (*ADA, *BOB)) == {}


@pytest.mark.long
@pytest.mark.parametrize("read", ["spark.jobs.erase_raw.checked", "orchestration.forget.checked"])
def test_of_two_at_once_one_takes_away_what_the_other_is_about_to_read(
    home: Home, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    ada, bob = (traces(home, emails=(email,)) for email in ("ada@example.org", "bob@example.org"))

    def beside(lake: Lake, raw: RawObject) -> bytes:
        if forgotten_log(home.lake).head(1) is None and forgotten_log(home.lake).head():
            forget(home.context(), Silent(), bob)
        return checked(lake, raw)

    if "forget" in read:
        erase(home, users=("nobody",))
    monkeypatch.setattr(read, beside)
    assert forget(
        home.context(), Silent(), ada if "erase" in read else traces(home, emails=("ada@example.org",))
    ).receipt
    home.load()
    assert holding(home.objects(), (*ADA, *BOB)) == {}
    assert holding(home.tables(), (*ADA, *BOB)) == {}


@pytest.mark.long
def test_of_two_at_once_one_has_read_what_the_other_then_changes(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first knows of the second's request no more than the objects that it read, which hold both persons."""
    ada, bob = (traces(home, emails=(email,)) for email in ("ada@example.org", "bob@example.org"))
    read = checked

    def beside(lake: Lake, raw: RawObject) -> bytes:
        data = read(lake, raw)
        if b"bob-key" in gzip.decompress(data) and forgotten_log(home.lake).head(1) is None:
            forget(home.context(), Silent(), bob)
        return data

    monkeypatch.setattr("spark.jobs.erase_raw.checked", beside)
    forget(home.context(), Silent(), ada)
    home.load()
    assert holding(home.objects(), (*ADA, *BOB)) == {}


def test_what_a_normaliser_made_that_knew_of_no_request_is_not_loaded_before_it_is_freed(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:

    land(home.lake, VISITORS, [visitor("ada-tablet", "ada@example.org")])
    normalise_stage(home.context(), Silent())
    with pytest.raises(Killed):
        erase(home, Until("forget.recorded"), emails=("ada@example.org",))
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.pipeline.complete", lambda *_: None)
        with pytest.raises(DataRefused, match="was staged before request 1 to forget somebody"):
            load_stage(home.context(), Silent())
    home.load()
    assert_gone(home)
    assert holding(home.tables(), ("ada-tablet",)) == {}
