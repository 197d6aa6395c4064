"""Fault 22: a source adds, drops, renames or retypes a field, or names one as no table could.

What the contract asks for is there, or the record is put aside with a reason; what it does not know is kept and told.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spark.jobs.normalise import NormaliseReport
from tests.integration.spark.lakes import land, newest, raw_line, run
from tests.integration.warehouse_sql.house import House, open_laid_out_house

SESSION = {
    "event_key": "s",
    "received_at": "2026-01-07T12:00:00.000Z",
    "media_id": "m1",
    "visitor_key": "v1",
    "percent_viewed": 0.5,
    "country": "NL",
    "user_agent_details": {"browser": "Chrome", "browser_version": "1", "platform": "Mac", "mobile": False},
}
LONG = "x" * 200
GONE = object()
LOADED: dict[str, dict[str, Any]] = {
    "as agreed": {},
    "added": {"mood": "good"},
    "removed": {"country": GONE},
    "renamed": {"percent_viewed": GONE, "percentViewed": 0.5},
    "retyped, and readable": {"percent_viewed": "0.25"},
    "case collision": {"Country": "US"},
    "reserved words": {"select": 1, "table": {"order": 2}},
    "more than 127 characters": {LONG: 1},
}
PUT_ASIDE: dict[str, dict[str, Any]] = {
    "required, removed": {"media_id": GONE},
    "retyped": {"received_at": 123},
    "text becomes object": {"country": {"code": "NL"}},
    "object becomes array": {"user_agent_details": ["Chrome"]},
    "number becomes object": {"percent_viewed": {"value": 0.5}},
}


def record(name: str, changes: dict[str, Any]) -> str:
    """Write a raw line of a session that differs from what was agreed."""
    fields = {**SESSION, "event_key": name, **changes}
    return raw_line({key: value for key, value in fields.items() if value is not GONE})


@pytest.fixture
def changed(tmp_path: Path) -> Iterator[House]:
    """A warehouse into which all of them were loaded at once."""
    with open_laid_out_house(tmp_path) as house:
        lines = [record(name, changes) for name, changes in {**LOADED, **PUT_ASIDE}.items()]
        land(house.lake, "wistia/events", lines)
        told_of(run(house.lake))
        house.load()
        yield house


def told_of(report: NormaliseReport) -> None:
    """What cannot be loaded is put aside, each with its reason."""
    assert report.quarantined == {
        "wistia/events": {
            "missing:media_id": 1,
            "not_double:percent_viewed": 1,
            "not_object:user_agent_details": 1,
            "not_timestamp:received_at": 1,
            "not_varchar:country": 1,
        }
    }


def test_a_source_that_changes_shape_loses_nothing_and_stops_nothing(changed: House) -> None:
    rows = changed.rows(
        "select sessions.session_id, sessions.percent_viewed, places.country from core.fct_viewing_session as sessions "
        "inner join core.dim_geo as places on sessions.geo_key = places.geo_key"
    )
    expected: dict[str, tuple[float | None, str]] = dict.fromkeys(LOADED, (0.5, "NL"))
    expected |= {"removed": (0.5, "Unknown"), "renamed": (None, "NL"), "retyped, and readable": (0.25, "NL")}
    assert {row["session_id"]: (row["percent_viewed"], row["country"]) for row in rows} == expected
    extra = changed.rows(
        "select session_id, _extra from restricted.stg_wistia__viewing_session where _extra is not null"
    )
    assert {row["session_id"]: row["_extra"] for row in extra} == {
        "added": '{"mood":"good"}',
        "case collision": '{"Country":"US"}',
        "more than 127 characters": f'{{"{LONG}":1}}',
        "renamed": '{"percentViewed":0.5}',
        "reserved words": '{"select":1,"table":{"order":2}}',
    }
    assert {(entry.field, entry.kind) for entry in newest(changed.lake).drift} == {
        ("Country", "string"),
        ("mood", "string"),
        ("percentViewed", "number"),
        ("select", "number"),
        ("table", "object"),
        (LONG, "number"),
    }
