"""Faults 6, 7, 10, 14, 36, 37 and 42: loads that meet each other, readers and strangers; checks that cannot count."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from extract.errors import DataRefused, ReelhouseError
from tests.integration.warehouse_sql.house import House, Told, open_laid_out_house
from tests.integration.warehouse_sql.test_load import FOLDER, media, session
from warehouse_sql.connection import Connection
from warehouse_sql.load import LoadReport

COUNTS = """
select
    (select count(*) from core.fct_viewing_session) as session_count,
    (select sum(session_count) from core.visitor_media_day) as visitor_day_count,
    (select sum(session_count) from mart.media_daily_total) as media_day_count,
    (select count(*) from audit.load_history) as load_count
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_laid_out_house(tmp_path_factory.mktemp("house")) as opened:
        yield opened


@pytest.fixture
def filled(made: House) -> House:
    """A warehouse with one load, and a second one that waits."""
    made.empty()
    made.stage({"media": media(), "viewing_session": session()})
    made.load()
    made.stage({"viewing_session": [*session(share=0.7, seen="2026-01-03 13:00:00"), *session("s2"), *session("s3")]})
    return made


def test_ten_runs_at_once_make_one_load(filled: House) -> None:
    """Fault 6, and 7: a trigger that fires ten times."""
    reports: list[LoadReport] = []
    threads = [threading.Thread(target=lambda: reports.append(filled.load(lock_wait=120))) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(report.applied) for report in reports) == [0] * 9 + [1]
    assert {report.already for report in reports if not report.applied} <= {(2,), ()}
    assert filled.value("select count(*) from core.fct_viewing_session") == 3
    assert filled.value("select count(*) from audit.load_history") == 2


def test_a_trigger_that_was_lost_is_made_up_for_by_the_next(filled: House) -> None:
    """Fault 7: every load that waits is made, in order, whichever run comes."""
    filled.stage({"viewing_session": session("s4")})
    assert [applied.sequence for applied in filled.load().applied] == [2, 3]
    assert filled.load() == LoadReport((), ())


def test_a_reader_sees_whole_loads_only(filled: House) -> None:
    """Fault 36: between any two statements of a load, and before and after its commit."""
    seen: list[tuple[Any, ...]] = []

    class Polling(Told):
        def event(self, name: str, **fields: object) -> None:
            super().event(name, **fields)
            self.advance(name, 0, "")

        def advance(self, what: str, done: int, unit: str, total: int | None = None) -> None:
            seen.append(tuple(int(value) for value in filled.rows(COUNTS)[0].values()))

    filled.load(Polling())
    assert len(seen) > 10
    assert set(seen) == {(1, 1, 1, 1), (3, 3, 3, 2)}
    assert seen == sorted(seen)


def test_a_failed_check_leaves_facts_and_marts_as_they_were(filled: House) -> None:
    """Fault 37: and `pending` says that something waits."""
    before = filled.rows(COUNTS)
    filled.empty()
    filled.stage({"viewing_session": session(share=1.5)})
    with pytest.raises(DataRefused, match="percent_viewed lies between 0 and 1"):
        filled.load()
    assert filled.rows(COUNTS)[0]["load_count"] == 0
    assert filled.pending()
    assert before[0]["load_count"] == 1


def test_files_that_no_manifest_names_are_not_loaded(filled: House) -> None:
    """Fault 14: an extra file beside those of a load, a whole one at that."""
    folder = FOLDER.replace("000000000001", "000000000002")
    filled.lake.put(f"{folder}/part-00001.parquet", filled.lake.get(f"{folder}/part-00000.parquet"))
    assert filled.load().applied[0].tables["core.fct_viewing_session"].copied == 3


def test_two_lakes_do_not_mix_in_one_warehouse(filled: House) -> None:
    """Fault 10: whose manifests are others than those of the ledger is refused before anything is staged."""
    lake, filled.lake = filled.lake, type(filled.lake)(filled.lake.root, "another")
    filled.sequence = 0
    filled.stage({"viewing_session": session("of another lake")})
    filled.lake.put(
        "staging/_manifests/000000000001.json",
        filled.lake.get("staging/_manifests/000000000001.json").replace(b"stage-1", b"stage-other"),
    )
    with pytest.raises(DataRefused, match="do not belong together"):
        filled.load()
    filled.lake = lake
    assert [applied.sequence for applied in filled.load().applied] == [2]


@pytest.mark.parametrize(
    ("begins", "answer"),
    [
        ("select 0 as check_number", []),
        ("select 0 as check_number", [(0, None)]),
        ("select _action, sum(", []),
        ("select 'wistia__media'", [("wistia__media", None)]),
        ("select 'wistia__media'", []),
    ],
    ids=["no answer", "null instead of a count", "no actions", "null rows", "no counts"],
)
def test_a_count_that_cannot_be_had_is_an_error_and_no_zero(
    begins: str, answer: list[Any], filled: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 42."""
    filled.stage({"media": media("Other", "2026-01-04 10:00:00")})
    rows = Connection.rows
    spoiled: list[str] = []

    def spoiling(connection: Connection, statement: str, parameters: Any = None) -> Any:
        found = rows(connection, statement, parameters)
        if statement.startswith(begins) and not (spoiled and answer != []):
            spoiled.append(statement)
            return answer
        return found

    monkeypatch.setattr(Connection, "rows", spoiling)
    with pytest.raises(ReelhouseError):
        filled.load()
    monkeypatch.undo()
    assert spoiled
