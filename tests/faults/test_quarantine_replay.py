"""Fault 19: after the fix of a rule the records in quarantine appear once, the quarantine closes, counts balance."""

from pathlib import Path

import pytest

import spark.contracts
from extract.clock import RunClock
from extract.manifest import raw_log
from extract.progress import Silent
from spark.contracts import Contract, load_contracts
from spark.jobs.rebuild import rebuild
from spark.jobs.retry import Retried, RetryReport, retry_quarantine
from spark.manifest import staging_log
from spark.quarantine import open_quarantine
from tests.integration.spark.lakes import KEY, NOW, TOLERANT, land, run
from tests.integration.spark.test_normalise import VISITOR, VISITORS, visitor
from tests.integration.warehouse_sql.house import House, open_laid_out_house

VISITORS_NOW = "select visitor_id, play_count, is_purged from core.dim_visitor where visitor_key > 0 order by 1"


def strict() -> dict[str, Contract]:
    """The contracts with a rule that is wrong: nobody plays more than five times."""
    contracts = load_contracts()
    given = contracts[VISITOR]
    mapped = tuple(
        column.model_copy(update={"range": (0, 5)}) if column.name == "play_count" else column
        for column in given.mapped
    )
    return {**contracts, VISITOR: given.model_copy(update={"mapped": mapped})}


def retry(house: House) -> RetryReport:
    return retry_quarantine(house.lake, TOLERANT, KEY, RunClock(NOW), "retry", Silent())


def test_after_a_fix_of_the_rule_records_appear_once_and_the_quarantine_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_laid_out_house(tmp_path) as house, monkeypatch.context() as wrong:
        contracts = strict()
        wrong.setattr(spark.contracts, "_load", lambda: contracts)
        land(house.lake, VISITORS, [visitor("v1"), visitor("v2", 7), visitor("v3", "many")], [visitor("v4", 9)])
        run(house.lake)
        house.load()
        land(house.lake, VISITORS, [visitor("v4", 2, last_active_at="2026-01-07T10:00:00Z"), visitor("v5", 8)])
        run(house.lake)
        house.load()
        assert [entry.load for entry in open_quarantine(house.lake)[VISITORS]] == [1, 2]
        assert retry(house).sequence is None
        assert house.rows(VISITORS_NOW) == shown(v1=1, v4=2)

        wrong.undo()
        report = retry(house)
        assert report == RetryReport(3, {VISITORS: Retried(4, 3, {"not_bigint:play_count": 1})})
        assert house.pending()
        (loaded,) = house.load().applied
        assert (loaded.tables["core.dim_visitor"].inserted, loaded.tables["core.dim_visitor"].superseded) == (2, 1)
        assert house.rows(VISITORS_NOW) == shown(v1=1, v2=7, v4=2, v5=8)

        (left,) = open_quarantine(house.lake)[VISITORS]
        assert (left.load, dict(left.reasons)) == (3, {"not_bigint:play_count": 1})
        assert balanced(house)
        assert retry(house).sequence is None
        assert house.load().applied == ()

        rebuilt = rebuild(house.lake, TOLERANT, KEY, RunClock(NOW), "rebuild", Silent())
        house.replay(rebuilt)
        assert house.rows(VISITORS_NOW) == shown(v1=1, v2=7, v4=2, v5=8)


def shown(**plays: int) -> list[dict[str, object]]:
    return [{"visitor_id": key, "play_count": count, "is_purged": False} for key, count in plays.items()]


def balanced(house: House) -> bool:
    """Whether every record that landed is loaded, a duplicate, or in quarantine now, as the manifests count."""
    manifests = list(staging_log(house.lake).after(0))
    counts = [manifest.entities[VISITOR].counts for manifest in manifests]
    again = sum(manifest.retried.get(VISITORS, 0) for manifest in manifests)
    head = raw_log(house.lake, VISITORS).head()
    assert head
    landed = sum(count.landed for count in counts) - again
    held = sum(count.quarantined for count in counts) - again
    assert held == sum(manifests[-1].total_quarantined[VISITORS].values())
    return landed == head.total_rows == held + sum(count.normalised + count.duplicates for count in counts)


def test_a_record_of_before_a_sweep_that_comes_out_of_quarantine_after_it_is_purged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it would be if it had been loaded at once."""
    with open_laid_out_house(tmp_path) as house:
        active = {"last_active_at": "2026-01-03", "play_count": 1, "load_count": 1}
        house.stage({"visitor": [{"visitor_id": "v1", **active, "_extracted_at": "2026-01-03"}]})
        house.load()
        house.stage({"visitor": []}, swept_since="2026-01-05T00:00:00Z")
        house.load()
        house.stage({"visitor": [{"visitor_id": "v2", **active, "_extracted_at": "2026-01-04"}]})
        house.load()
        found = house.rows("select visitor_id, is_purged from core.dim_visitor where visitor_key > 0 order by 1")
        assert found == [{"visitor_id": "v1", "is_purged": True}, {"visitor_id": "v2", "is_purged": True}]
