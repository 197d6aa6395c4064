"""Faults 5, 8, 14 and 42: what `reelhouse doctor` finds, and what it leaves alone; counts at every hop of a run."""

import json
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from extract.errors import ReelhouseError
from orchestration.cli import reelhouse
from orchestration.lake_findings import missing_days
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from tests.conftest import House, house
from warehouse_sql.attempts import BEATS, address_hash
from warehouse_sql.connection import Connection, connect
from warehouse_sql.set_aside import set_aside, take_back

DAYS = [datetime(2026, 1, day, 2, tzinfo=UTC) for day in (8, 9)]
A_DAY_AGO = time.time() - 25 * 3600


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    for opened in house(tmp_path_factory.mktemp("house"), InventedAccount(small(visitors=40, events=30))):
        for day in DAYS:
            opened.run(day)
        yield opened


def doctor(built: House, *options: str) -> Result:
    return CliRunner().invoke(reelhouse, ["doctor", "--home", str(built.home), *options])


def files(built: House, pattern: str) -> list[Path]:
    return sorted((built.home / "lake").glob(pattern))


def test_a_pipeline_to_which_nothing_happened_is_well(built: House) -> None:
    found = doctor(built)
    assert (found.exit_code, found.stdout) == (0, "all is well\n")


def emptied(file: Path) -> None:
    file.write_bytes(b"")


@pytest.mark.parametrize(
    ("pattern", "spoil", "says"),
    [
        ("raw/wistia/events/date=*/run=*/part-*", emptied, "wrong hash"),
        ("raw/wistia/visitors/date=*/run=*/part-*", Path.unlink, "missing object"),
        ("staging/wistia__visitor/load=*/run=*/part-*", Path.unlink, "missing object"),
        ("staging/wistia__visitor/load=*/run=*/copy.manifest", Path.unlink, "missing object"),
        ("staging/_manifests/*1.json", Path.unlink, "manifests are never deleted"),
        ("raw/wistia/medias/_manifests/*1.json", emptied, "is not a manifest"),
    ],
)
def test_objects_that_are_not_what_manifests_say_are_found(
    pattern: str, spoil: Callable[[Path], None], says: str, built: House
) -> None:
    file = files(built, pattern)[0]
    whole = file.read_bytes()
    spoil(file)
    found = doctor(built)
    file.write_bytes(whole)
    assert found.exit_code == 3
    assert says in found.stdout
    assert doctor(built).exit_code == 0


def test_litter_is_shown_when_it_is_old_and_removed_when_asked(built: House) -> None:
    folder = files(built, "raw/wistia/events/date=*/run=*")[0]
    old, young = folder / "part-00007.jsonl.gz", folder / "part-00008.jsonl.gz"
    for file in (old, young):
        file.write_bytes(b"left by a run that was killed")
    os.utime(old, (A_DAY_AGO, A_DAY_AGO))
    before = {file for file in files(built, "**/*") if file.is_file()}
    assert doctor(built).exit_code == 3
    for arguments in (["--sweep"], ["--sweep", "--json"]):
        assert "--yes does it" in doctor(built, *arguments).stderr
    assert old.exists()
    found = doctor(built, "--sweep", "--yes")
    assert "part-00007" in found.stdout
    assert "part-00008" not in found.stdout
    assert "1 objects were removed" in found.stdout
    assert found.exit_code == 0
    assert before - {file for file in files(built, "**/*") if file.is_file()} == {old}
    young.unlink()


def spoiled_ledger(built: House, *statements: str) -> Result:
    from orchestration.context import Context, Options
    from orchestration.sandboxes import open_warehouse

    context = Context(Options(home=built.home))
    with connect(open_warehouse(context.settings, context.secrets)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return doctor(built)


def test_a_ledger_that_disagrees_is_found(built: House) -> None:
    kept = "create table audit.kept as select * from audit.load_history"
    back = ["delete from audit.load_history", "insert into audit.load_history select * from audit.kept"]
    for statement, says in (
        ("delete from audit.load_history", "which the ledger does not have"),
        ("delete from audit.load_history where load_sequence = 1", "`reelhouse load --retry 1` makes it once more"),
        ("delete from audit.load_history where load_sequence = 2", "`reelhouse load` makes it once more"),
        ("update audit.load_history set staged_by = 'other'", "the ledger says that other staged it"),
        ("update audit.load_history set load_sequence = 7 where load_sequence = 2", "load 7"),
    ):
        found = spoiled_ledger(built, kept, statement)
        assert found.exit_code == 3, statement
        assert says in found.stdout
        assert spoiled_ledger(built, *back, "drop table audit.kept").exit_code == 0


def test_counts_that_do_not_add_up_are_found(built: House) -> None:
    found = spoiled_ledger(
        built, "update audit.load_count set copied_count = copied_count + 1 where table_name = 'core.dim_visitor'"
    )
    assert "counts  load 1 core.dim_visitor" in found.stdout
    spoiled_ledger(
        built, "update audit.load_count set copied_count = copied_count - 1 where table_name = 'core.dim_visitor'"
    )
    (manifest,) = files(built, "raw/wistia/projects/_manifests/*1.json")
    whole = manifest.read_text()
    manifest.write_text(json.dumps(json.loads(whole) | {"landed": 99}))
    found = doctor(built)
    manifest.write_text(whole)
    assert found.exit_code == 3
    assert "raw/wistia/projects 1" in found.stdout


def test_what_cannot_be_counted_is_an_error_and_no_zero(built: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(connection: Connection, statement: str, parameters: Any = None) -> Any:
        raise ReelhouseError("the warehouse refused a statement")

    monkeypatch.setattr(Connection, "rows", failing)
    found = doctor(built)
    assert isinstance(found.exception, ReelhouseError)


def test_a_load_that_was_set_aside_is_shown_until_it_is_tried_again(built: House) -> None:
    from orchestration.context import Context, Options

    context = Context(Options(home=built.home))
    lake, warehouse = context.lake, context.settings.warehouse
    spoiled_ledger(built, "create table audit.kept as select * from audit.load_history")
    set_aside(lake, warehouse, 2, "looked at by nobody", context.clock, "run")
    found = spoiled_ledger(built, "delete from audit.load_history where load_sequence = 2")
    assert "looked at by nobody" in found.stdout
    shown = CliRunner().invoke(reelhouse, ["status", "--home", str(built.home)])
    assert "load 2 was set aside" in shown.stdout
    assert "(looked at by nobody)" in shown.stdout
    take_back(lake, warehouse, 2)
    spoiled_ledger(
        built,
        "delete from audit.load_history",
        "insert into audit.load_history select * from audit.kept",
        "drop table audit.kept",
    )
    assert doctor(built).exit_code == 0


def test_an_attempt_that_is_silent_is_found_and_one_that_beats_is_at_work(built: House) -> None:
    from orchestration.context import Context, Options

    context = Context(Options(home=built.home))
    columns = "run_id, host, process_id, session_id, started_at"
    opened = f"insert into audit.load_attempt ({columns}) values ('late', 'elsewhere', 7, 7, getdate())"
    found = spoiled_ledger(built, opened)
    assert found.exit_code == 3
    assert "process 7 on elsewhere has not ended and is silent" in found.stdout
    beat = f"{BEATS}{address_hash(context.settings.warehouse)}/late.json"
    context.lake.put(beat, b"{}")
    assert doctor(built).stdout == "all is well\n"
    context.lake.delete(beat)
    spoiled_ledger(built, "delete from audit.load_attempt where run_id = 'late'")


def test_days_between_two_that_were_asked_for_are_gaps() -> None:
    days = [date(2026, 1, day) for day in (1, 2, 5, 6, 8)]
    assert missing_days(days) == [(date(2026, 1, 3), date(2026, 1, 4)), (date(2026, 1, 7), date(2026, 1, 7))]
    assert missing_days([]) == missing_days(days[:2]) == []


def test_counts_of_a_run_at_every_hop(built: House) -> None:
    reports = [json.loads(file.read_text()) for file in files(built, "runs/*.json")]
    for report in reports:
        found = CliRunner().invoke(
            reelhouse, ["status", "--home", str(built.home), "--run", report["run_id"], "--json"]
        )
        counts = json.loads(found.stdout)
        received = {item["stream"]: item["received"] for item in report["extraction"]["streams"]}
        for item in counts["landed"]:
            assert item["received"] == item["landed"] + item["unchanged"] <= received[item["stream"]]
        staged = {item["entity"]: item["counts"] for item in counts["staged"]}
        landed = sum(item["landed"] for item in counts["landed"])
        assert sum(each["landed"] for each in staged.values()) == landed > 0
        (tables,) = counts["tables"].values()
        assert tables["core.dim_visitor"]["copied"] == staged["wistia__visitor"]["rows"]
    text = CliRunner().invoke(reelhouse, ["status", "--home", str(built.home), "--run", reports[0]["run_id"]])
    assert "wistia/visitors" in text.stdout
    assert "core.fct_viewing_session" in text.stdout


def test_a_run_that_nobody_knows_is_named() -> None:
    found = CliRunner().invoke(reelhouse, ["status", "--run", "nobody"])
    assert found.exception
