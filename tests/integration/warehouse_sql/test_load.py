"""The load as a whole: once, in order, all or nothing, whatever happens to it."""

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extract.clock import RunClock
from extract.errors import ConfigurationError, DataRefused, LockHeld, ReelhouseError
from extract.settings import Settings
from tests.integration.warehouse_sql.house import House, Told, open_house
from tests.integration.warehouse_sql.staged import Rows
from warehouse_sql.connection import Connection, Retryable, Target, connect
from warehouse_sql.ledger import Counts
from warehouse_sql.load import ATTEMPTS, LoadReport, load
from warehouse_sql.plan import loaded_models
from warehouse_sql.render import render

TABLES = ("core.dim_media", "core.dim_visitor", "core.fct_viewing_session", "mart.media_daily_total")


def media(name: str = "Film", seen: str = "2026-01-01 10:00:00") -> Rows:
    return [{"media_id": "m1", "media_name": name, "duration_seconds": 100, "_extracted_at": seen}]


def session(key: str = "s1", share: float = 0.5, seen: str = "2026-01-01 13:00:00") -> Rows:
    return [
        {
            "session_id": key,
            "media_id": "m1",
            "visitor_id": "v1",
            "received_at": "2026-01-01 12:00:00",
            "percent_viewed": share,
            "_extracted_at": seen,
        }
    ]


def content(house: House) -> dict[str, list[Any]]:
    return {table: sorted(map(str, house.rows(f"select * from {table}"))) for table in TABLES}


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_load_reports_counts_confirms_itself_and_happens_once(house: House) -> None:
    assert not house.pending()
    house.stage({"media": media(), "viewing_session": session()})
    assert house.pending()
    report = house.load()
    assert [applied.sequence for applied in report.applied] == [1]
    assert report.applied[0].tables["core.fct_viewing_session"].inserted == 1
    assert not house.pending()
    before = content(house)
    assert house.load() == LoadReport((), ())
    assert content(house) == before
    assert house.value("select count(*) from audit.load_attempt where finished_at is null") == 0


@pytest.mark.parametrize("end", [" ", "\u00a0", "\u3000 "])
def test_blanks_at_the_end_of_a_text_are_no_difference_and_other_white_space_stays(house: House, end: str) -> None:
    house.stage({"media": media(f"Film{end}")})
    assert len(house.load().applied) == 1
    assert house.value("select len(rtrim(media_name, ' ')) from core.dim_media where media_id = 'm1'") == len(
        f"Film{end}".rstrip(" ")
    )


def test_sequences_are_loaded_in_order_each_with_its_own_row_in_the_ledger(house: House) -> None:
    for day in (1, 2, 3):
        house.stage({"viewing_session": session(f"s{day}")})
    assert [applied.sequence for applied in house.load().applied] == [1, 2, 3]
    assert house.value("select count(*) from audit.load_history") == 3
    assert house.value("select count(*) from core.fct_viewing_session") == 3


def test_staging_shows_the_last_load_only(house: House) -> None:
    house.stage({"media": media(), "viewing_session": session()})
    house.stage({"viewing_session": session("s2")})
    house.load()
    assert house.value("select count(*) from staging.stg_wistia__media") == 0
    assert house.value("select session_id from restricted.stg_wistia__viewing_session") == "s2"


def test_a_load_of_nothing_but_quarantine_is_still_a_load(house: House) -> None:
    house.stage({})
    assert [applied.sequence for applied in house.load().applied] == [1]
    assert not house.pending()


def test_receipts_of_one_warehouse_say_nothing_of_another(house: House, tmp_path: Path) -> None:
    house.stage({"viewing_session": session()})
    house.load()
    with open_house(tmp_path / "second") as second:
        second.address = "sandbox:second"
        shutil.copytree(house.lake.root / house.lake.bucket, second.lake.root / second.lake.bucket)
        assert second.pending()
        assert [applied.sequence for applied in second.load().applied] == [1]
        assert not second.pending()


def test_killed_before_the_commit_nothing_is_published_and_the_next_run_loads(house: House) -> None:
    house.stage({"media": media()})
    house.load()
    house.stage({"viewing_session": session()})
    before = content(house)
    with pytest.raises(Killed):
        house.load(Told({"load.commit": Killed()}))
    assert content(house) == before
    assert house.pending()
    assert [applied.sequence for applied in house.load().applied] == [2]


def test_killed_after_the_commit_the_next_run_finds_the_load_in_the_ledger(house: House) -> None:
    house.stage({"viewing_session": session()})
    with pytest.raises(Killed):
        house.load(Told({"load.committed": Killed()}))
    assert house.pending()
    before = content(house)
    assert house.load() == LoadReport((), (1,))
    assert content(house) == before
    assert not house.pending()


def test_a_commit_whose_answer_is_lost_is_recognised_from_the_ledger(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.stage({"viewing_session": session()})
    told = Told()
    commit = Connection.commit

    def losing(connection: Connection) -> None:
        commit(connection)
        if told.events and told.events[-1][0] == "load.commit":
            told.event("answer lost")
            connection.close()
            raise Retryable("the connection to the warehouse was lost")

    monkeypatch.setattr(Connection, "commit", losing)
    report = house.load(told)
    assert [applied.sequence for applied in report.applied] == [1]
    assert report.applied[0].tables["core.fct_viewing_session"].inserted == 1
    assert house.value("select count(*) from core.fct_viewing_session") == 1
    assert [name for name, _ in told.events].count("load.commit") == 1


def test_a_passing_failure_is_repeated_whole(house: House) -> None:
    house.stage({"viewing_session": session()})
    told = Told({"load.commit": Retryable("1023")})
    assert [applied.sequence for applied in house.load(told).applied] == [1]
    assert "load.retry" in {name for name, _ in told.events}
    assert house.value("select count(*) from core.fct_viewing_session") == 1


def test_a_failed_check_publishes_nothing_and_shows_the_rows(house: House) -> None:
    house.stage({"media": media(), "viewing_session": session()})
    house.load()
    before = content(house)
    house.stage({"media": media("Other", "2026-01-02 10:00:00"), "viewing_session": session("s2", share=1.5)})
    with pytest.raises(DataRefused, match=r"percent_viewed lies between 0 and 1: 1 rows.*session_id=s2.*1\.5"):
        house.load()
    assert content(house) == before
    assert house.value("select count(*) from audit.load_history") == 1
    assert house.pending()


SEEN = {"_extracted_at": "2026-01-05 10:00:00", "_raw_line": 1}
DAY = {"media_id": "m1", "activity_date": "2026-01-01", **SEEN}
BUCKET = {"media_id": "m1", "snapshot_date": "2026-01-05", **SEEN}


@pytest.mark.parametrize(
    ("entity", "rows", "told"),
    [
        ("media_day", [{**DAY, "load_count": 1, "play_count": -1}], "counters of a day are not negative: 1 rows"),
        (
            "account_snapshot",
            [{"snapshot_date": "2026-01-05", "load_count": -1, "play_count": 1, **SEEN}],
            "account are not",
        ),
        ("media_engagement", [{**BUCKET, "view_count": [5, 4], "rewatch_count": [-1, 0]}], "counts of a curve are not"),
        (
            "media_engagement",
            [{**BUCKET, "bucket": n, "bucket_count": 3, "view_count": 5, "rewatch_count": 0} for n in (0, 2)],
            "a curve has each bucket from 0 to its length: 1 rows.*row_count=2",
        ),
        (
            "media_engagement",
            [{**BUCKET, "bucket": n, "bucket_count": 2, "view_count": 5, "rewatch_count": 0} for n in (1, 2)],
            "a curve has each bucket from 0 to its length: 1 rows.*first_bucket=1",
        ),
    ],
    ids=[
        "day below nothing",
        "account below nothing",
        "curve below nothing",
        "curve with a gap",
        "curve without a start",
    ],
)
def test_what_offends_against_a_check_is_not_published(filled: House, entity: str, rows: Rows, told: str) -> None:
    filled.stage({entity: rows})
    with pytest.raises(DataRefused, match=told):
        filled.load()
    assert filled.value(f"select count(*) from core.fct_{entity}") == 0


def test_what_the_vendor_does_not_promise_is_warned_of(filled: House) -> None:
    filled.stage(
        {
            "media_day": [
                {**DAY, "load_count": 0, "play_count": 1},
                {**DAY, "activity_date": "2026-01-02", "load_count": 1, "play_count": 1},
                {**DAY, "media_id": "m2", "load_count": 0, "play_count": 1},
                {**DAY, "media_id": "m2", "activity_date": "2026-01-02", "load_count": 1, "play_count": 0},
            ],
            "media_engagement": [{**BUCKET, "view_count": [5, 4], "rewatch_count": [6, 0]}],
        }
    )
    told = Told()
    filled.load(told)
    warned = {fields["table"]: fields["rows"] for name, fields in told.events if name == "load.warning"}
    assert warned == {"core.fct_media_day": 1, "core.fct_media_engagement": 1}


def snapshot(day: str, **figures: Any) -> dict[str, Any]:
    return {"media_id": "m1", "snapshot_date": day, **SEEN, **figures}


def test_a_lifetime_count_that_falls_is_kept_and_warned_of(filled: House) -> None:
    """Fault 34. Hours fall as a matter of course, and another media's counts are no measure."""
    filled.stage(
        {
            "media_snapshot": [
                snapshot("2026-01-01", load_count=20, play_count=10, hours_watched=5.0),
                snapshot("2026-01-02", load_count=20, play_count=10, hours_watched=4.0),
                snapshot("2026-01-02", media_id="m2", load_count=5, play_count=3),
            ]
        }
    )
    quiet = Told()
    filled.load(quiet)
    assert not [name for name, _ in quiet.events if name == "load.warning"]
    filled.stage({"media_snapshot": [snapshot("2026-01-03", load_count=21, play_count=9)]})
    told = Told()
    filled.load(told)
    (warned,) = [fields for name, fields in told.events if name == "load.warning"]
    assert (warned["table"], warned["rows"]) == ("core.fct_media_snapshot", 1)
    assert filled.value("select play_count from core.fct_media_snapshot where snapshot_date = '2026-01-03'") == 9


def test_a_load_makes_only_the_days_anew_that_it_changed(filled: House) -> None:
    filled.stage({"viewing_session": [*session("s1"), {**session("s2")[0], "received_at": "2026-01-03 12:00:00"}]})
    filled.stage({"viewing_session": [{**session("s2", 0.7, "2026-01-04")[0], "received_at": "2026-01-03 12:00:00"}]})
    tables = filled.load().applied[-1].tables
    assert tables["core.visitor_media_day"] == Counts(copied=None, inserted=1, deleted=1)
    assert filled.rows("select activity_date_key, _load_sequence from core.visitor_media_day order by 1") == [
        {"activity_date_key": 20260101, "_load_sequence": 1},
        {"activity_date_key": 20260103, "_load_sequence": 2},
    ]


def test_a_session_that_moves_to_another_day_is_not_published_twice(house: House) -> None:
    house.stage({"viewing_session": session()})
    house.load()
    house.stage({"viewing_session": [{**session(seen="2026-01-03 13:00:00")[0], "received_at": "2026-01-02 00:00:01"}]})
    with pytest.raises(DataRefused, match=r"a session is published once: 1 rows.*session_id=s1"):
        house.load()


def test_a_warehouse_that_disappears_in_between_is_no_matter_of_configuration(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.stage({"viewing_session": session()})
    house.load()
    house.stage({"viewing_session": session("s2")})
    monkeypatch.setattr("warehouse_sql.load.FIRST_PAUSE", 0.01)
    told = Told({"load.commit": Retryable("the connection to the warehouse was lost")})

    def vanishing(target: Target, _: float) -> AbstractContextManager[Connection]:
        return connect(target if not told.events else replace(target, port=1))

    monkeypatch.setattr("warehouse_sql.load.connect", vanishing)
    with pytest.raises(Retryable, match="connection to the warehouse was lost"):
        house.load(told)
    assert [name for name, _ in told.events].count("load.retry") == ATTEMPTS - 1


def test_only_data_that_copy_refuses_is_called_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.stage({"viewing_session": session()})
    house.load()
    house.stage({"viewing_session": session("s2")})
    monkeypatch.setattr("warehouse_sql.staging.copy_statement", lambda *_: "select a from core.nowhere")
    with pytest.raises(ReelhouseError, match=r"COPY refused .*42P01.*No row of its files") as failed:
        house.load()
    assert failed.value.exit_code == 1
    monkeypatch.setattr("warehouse_sql.staging.copy_statement", lambda *_: "select cast('a' as integer)")
    with pytest.raises(DataRefused, match="COPY refused"):
        house.load()


def test_duplicates_that_slipped_into_a_table_stop_the_load(house: House) -> None:
    house.stage({"media": media(), "viewing_session": session()})
    house.load()
    with connect(house.target) as connection:
        connection.execute("insert into core.fct_viewing_session select * from core.fct_viewing_session")
        connection.commit()
    house.stage({"viewing_session": session(share=0.6, seen="2026-01-02 13:00:00")})
    with pytest.raises(DataRefused, match=r"core\.fct_viewing_session"):
        house.load()


def test_two_loads_at_once_make_one(house: House) -> None:
    house.stage({"media": media(), "viewing_session": session()})
    house.load()
    house.stage({"viewing_session": session("s2")})
    reports: list[LoadReport] = []
    threads = [threading.Thread(target=lambda: reports.append(house.load(lock_wait=30))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(report.applied) for report in reports) == [0, 0, 1]
    assert house.value("select count(*) from core.fct_viewing_session") == 2
    assert house.value("select count(*) from audit.load_history") == 2


def test_a_lock_that_is_held_too_long_ends_the_run_and_names_the_holder(house: House) -> None:
    house.load()
    house.stage({"viewing_session": session()})
    other_run, later_run = house.attempt("the-other-run", 0.3), house.attempt("a-later-run", 0.3)
    with connect(house.target) as other, other_run.beating(), later_run.beating():
        other_run.announce(other)
        later_run.announce(other)
        other.execute("lock audit.load_lock")
        with pytest.raises(
            LockHeld, match=r"for more than 0\.3 s; .*: run a-later-run, .*; run the-other-run, "
        ) as held:
            house.load(lock_wait=0.3)
    assert held.value.exit_code == 4
    assert [applied.sequence for applied in house.load().applied] == [1]


def test_nobody_holds_the_lock_while_files_are_verified(house: House) -> None:
    house.load()
    house.stage({"viewing_session": session()})
    with connect(house.target) as other, spoiled(house, f"{FOLDER}/part-00000.parquet", b""):
        other.execute("lock audit.load_lock")
        with pytest.raises(DataRefused, match="is not the object"):
            house.load(lock_wait=0.1)


def test_an_attempt_that_was_stopped_is_closed(house: House) -> None:
    house.stage({})
    with pytest.raises(KeyboardInterrupt):
        house.load(Told({"load.commit": KeyboardInterrupt()}))
    assert house.value("select count(*) from audit.load_attempt where finished_at is null") == 0


@contextmanager
def spoiled(house: House, key: str, data: bytes) -> Iterator[None]:
    whole = house.lake.get(key)
    house.lake.put(key, data)
    yield
    house.lake.put(key, whole)


FOLDER = "staging/wistia__viewing_session/load=000000000001"


def test_bytes_that_differ_from_their_manifest_are_refused(house: House) -> None:
    house.stage({"viewing_session": session()})
    key = f"{FOLDER}/part-00000.parquet"
    whole = house.lake.get(key)
    for other in (whole[:-1], whole[:-1] + b"\0", b""):
        with spoiled(house, key, other), pytest.raises(DataRefused, match="is not the object that its manifest"):
            house.load()
    house.lake.delete(key)
    with pytest.raises(DataRefused, match="does not exist"):
        house.load()
    house.lake.put(key, whole)
    assert [applied.sequence for applied in house.load().applied] == [1]


def test_a_copy_manifest_that_names_other_files_is_refused(house: House) -> None:
    house.stage({"viewing_session": session()})
    key = f"{FOLDER}/copy.manifest"
    entry = json.loads(house.lake.get(key))["entries"][0]
    wrong = [
        {"entries": []},
        {"entries": [entry, entry]},
        {"entries": [entry | {"mandatory": False}]},
        {"entries": [entry | {"meta": {"content_length": 1}}]},
        {},
    ]
    for document in wrong:
        with spoiled(house, key, json.dumps(document).encode()), pytest.raises(DataRefused, match=r"copy\.manifest"):
            house.load()
    assert house.value("select count(*) from audit.load_history") == 0


def test_files_with_another_number_of_rows_than_promised_are_refused(house: House) -> None:
    house.stage({"viewing_session": session()})
    key = "staging/_manifests/000000000001.json"
    manifest = json.loads(house.lake.get(key))
    manifest["entities"]["wistia__viewing_session"]["counts"]["rows"] = 2
    house.lake.put(key, json.dumps(manifest).encode())
    with pytest.raises(DataRefused, match="hold 2 rows and the table has 1"):
        house.load()


def test_a_model_that_loses_a_row_stops_the_load(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def losing(text: str, *, repoint: bool = False) -> str:
        rendered = render(text, repoint=repoint)
        return f"{rendered}\nwhere session_id <> 's1'" if "received_date_key" in rendered else rendered

    house.load()
    monkeypatch.setattr("warehouse_sql.delta.render", losing)
    house.stage({"viewing_session": [*session("s1"), *session("s2")]})
    with pytest.raises(ReelhouseError, match=r"session_id, .* are not as they were staged, .*; nothing was loaded"):
        house.load()
    assert house.value("select count(*) from core.fct_viewing_session") == 0


def test_a_warehouse_is_not_loaded_from_another_lake(house: House) -> None:
    house.stage({"viewing_session": session()})
    house.load()
    with connect(house.target) as connection:
        connection.execute("update audit.load_history set staged_by = 'another-run'")
        connection.commit()
    house.stage({"viewing_session": session("s2")})
    with pytest.raises(DataRefused, match="do not belong together"):
        house.load()


def test_a_lost_ledger_costs_work_and_no_truth(house: House) -> None:
    house.stage({"media": media(), "viewing_session": session()})
    house.stage({"viewing_session": session(share=0.9, seen="2026-01-02 13:00:00")})
    house.load()
    before = house.rows("select session_id, percent_viewed, watch_seconds from core.fct_viewing_session")
    with connect(house.target) as connection:
        connection.execute("delete from audit.load_history")
        connection.commit()
    assert [applied.sequence for applied in house.load().applied] == [1, 2]
    assert house.rows("select session_id, percent_viewed, watch_seconds from core.fct_viewing_session") == before
    assert house.value("select count(*) from audit.load_count where load_sequence = 1") == len(loaded_models())


def test_an_unreachable_warehouse_is_a_matter_of_configuration(house: House) -> None:
    nobody = Target("127.0.0.1", 1, "dev", "awsuser", None, ssl=False, iam=False)
    with pytest.raises(ConfigurationError, match=r"no warehouse answers at 127\.0\.0\.1:1/dev"):
        load(nobody, house.lake, Settings(), RunClock(), "run", Told())
