"""What is older than the settings keep it is shown, then let go for good; counts stay true, and what is kept stays."""

from datetime import timedelta
from pathlib import Path

import pytest

from extract.progress import Silent
from orchestration import doctor
from orchestration.forget import asked, find
from orchestration.retention import outlived
from tests.faults.persons import ADA, AS_OF, CONFIGURATION, Home, holding, visitor
from tests.integration.spark.lakes import land

LATER = AS_OF + timedelta(days=2)
KEPT = """\
retention:
  raw: {wistia/visitors: 1}
  staging: {all: 1}
  quarantine: {all: 1}
  landing: {streampulse/user_profiles: 1}
"""
IDENTITIES = "retention: {restricted: {wistia/visitors: 4, wistia/events: 4, streampulse/user_profiles: 3650}}\n"
"""Kept from the morning of 2026-01-07: Ada's second session is of that day, all else is older."""
COUNTS = (
    "select activity_date, media_id, visitor_count, session_count from mart.media_daily_performance order by 1, 2",
    "select frequency_segment, recency_segment, visitor_count from mart.audience_segment order by 1, 2",
    "select visitor_id, email_hash from core.dim_visitor order by 1",
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.plant()
    home.load()
    land(home.lake, "wistia/visitors", [visitor("late")])
    home.load()
    (tmp_path / "reelhouse.yaml").write_text(CONFIGURATION + KEPT)
    return home


@pytest.mark.long
def test_what_is_not_kept_is_shown_and_then_gone_and_the_counts_add_up(home: Home) -> None:
    context = home.context(LATER)
    before = home.rows("select count(*) from core.dim_visitor")
    found = doctor.examine(context, Silent())
    layers = [(layer, stream) for layer, stream, *_ in found.outlived.objects()]
    assert layers.count(("raw", "wistia/visitors")) == 3
    assert ("staging", "wistia/viewing_session") not in layers
    assert {("staging", "wistia/events"), ("quarantine", "wistia/visitors")} <= set(layers)
    assert holding(home.objects(), ("Ada Lovelace",)), "nothing went yet"
    swept = doctor.sweep(context, Silent(), found)
    assert swept.swept
    left = holding({key: data for key, data in home.objects().items() if "wistia" in key}, ADA[:3])
    assert {key.partition("/")[0] for key in left} == {"raw"}
    assert all("events" in key for key in left)
    assert outlived(home.context(LATER)).is_empty
    assert doctor.examine(home.context(LATER), Silent()).findings == ()
    assert home.rows("select count(*) from core.dim_visitor") == before
    home.replay()
    assert home.rows("select visitor_id from core.dim_visitor where visitor_key > 0 and not is_inferred") == []


@pytest.mark.long
def test_who_somebody_is_goes_from_the_warehouse_and_all_that_is_counted_stays(home: Home) -> None:
    (home.folder / "reelhouse.yaml").write_text(CONFIGURATION + IDENTITIES)
    home.replay()
    before = [home.rows(counts) for counts in COUNTS]
    users = home.rows("select user_id, email from restricted.user_profile")
    found = doctor.examine(home.context(LATER), Silent())
    assert [(table, rows) for table, _, rows, *_ in found.outlived.tables()] == [
        ("restricted.session_location", 2),
        ("restricted.session_location__previous", 2),
        ("restricted.stg_wistia__viewing_session", 2),
        ("restricted.visitor_identity", 5),
        ("restricted.visitor_identity__previous", 5),
        ("restricted.stg_wistia__visitor", 5),
    ]
    assert home.rows("select count(*) from restricted.visitor_identity") == [(5,)], "nothing went yet"
    doctor.sweep(home.context(LATER), Silent(), found)
    assert home.rows("select session_id from restricted.session_location") == [("s3",)]
    left = holding(home.tables(), ("Ada Lovelace",))
    assert {table.removesuffix("__previous") for table in left} == {
        "restricted.user_profile",
        "restricted.stg_streampulse__user",
    }
    assert holding(home.tables(), ("192.0.2.77",)) == {}
    assert home.rows("select user_id, email from restricted.user_profile") == users
    assert [home.rows(counts) for counts in COUNTS] == before
    assert home.rows("select sum(deleted_count) from audit.retention") == [(21,)]
    assert doctor.examine(home.context(LATER), Silent()).is_well is False, "the quarantine alone"
    assert outlived(home.context(LATER)).is_empty
    land(home.lake, "wistia/visitors", [visitor("ada-key", "ada@example.org")])
    home.load()
    assert [old.rows for old in outlived(home.context(LATER)).old_rows] == [1, 1], "what is told again, goes again"


@pytest.mark.long
def test_whose_address_is_nowhere_kept_is_found_by_its_hash(home: Home) -> None:
    days = "{wistia/visitors: 1, wistia/events: 1}"
    (home.folder / "reelhouse.yaml").write_text(CONFIGURATION + f"retention: {{raw: {days}, restricted: {days}}}\n")
    doctor.sweep(home.context(LATER), Silent(), doctor.examine(home.context(LATER), Silent()))
    assert holding(home.tables(), ("ada@example.org",)).keys() == {"restricted.user_profile"}
    found = find(home.context(), Silent(), asked((), ("ada@example.org",), ()))
    assert "wistia/visitors" not in found.records
    assert found.rows["core.dim_visitor"] == 2
