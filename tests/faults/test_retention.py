"""What is older than the settings keep it is shown, then let go for good; counts stay true, and what is kept stays."""

from datetime import timedelta
from pathlib import Path

import pytest

from extract.progress import Silent
from orchestration import doctor
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
    layers = [(layer, stream) for layer, stream, *_ in found.outlived.rows()]
    assert layers.count(("raw", "wistia/visitors")) == 3
    assert ("staging", "wistia/viewing_session") not in layers
    assert {("staging", "wistia/events"), ("quarantine", "wistia/visitors")} <= set(layers)
    assert holding(home.objects(), ("Ada Lovelace",)), "nothing went yet"
    swept = doctor.sweep(context, found)
    assert swept.swept
    left = holding({key: data for key, data in home.objects().items() if "wistia" in key}, ADA[:3])
    assert {key.partition("/")[0] for key in left} == {"raw"}
    assert all("events" in key for key in left)
    assert outlived(home.context(LATER)).is_empty
    assert doctor.examine(home.context(LATER), Silent()).findings == ()
    assert home.rows("select count(*) from core.dim_visitor") == before
    home.replay()
    assert home.rows("select visitor_id from core.dim_visitor where visitor_key > 0 and not is_inferred") == []
