"""Pages of an empty warehouse, of one that is known by heart, and of one with ten thousand medias."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from dashboards.app import reader
from dashboards.app.query import load_queries
from dashboards.quicksight.columns import stacked
from dashboards.quicksight.declaration import load_declaration
from extract.errors import ConfigurationError
from orchestration.dashboard import READER, admit_reader
from tests.integration.dashboards.large import fill
from tests.integration.warehouse_sql.house import House, open_house, open_laid_out_house
from warehouse_sql.connection import StatementRefused
from warehouse_sql.query import query

GIVEN = Path(__file__).parents[2] / "cases" / "questions" / "given.yaml"
VIEWS = ("overview", "media", "audience", "channels", "streampulse", "health")
NOW = datetime(2026, 2, 1, 1, tzinfo=UTC)
SLOW = 120


@contextmanager
def read(house: House, now: datetime = NOW) -> Iterator[None]:
    """Let the pages read a warehouse, as the dashboard's reader."""
    admit_reader(house.target)
    reader.use(reader.Source(lambda: replace(house.target, user=READER), lambda: now))
    reader._session.clear()
    reader.forget()
    yield
    reader._session.clear()
    reader.forget()


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The warehouse of the twenty questions."""
    with open_laid_out_house(tmp_path_factory.mktemp("house")) as house:
        for step in yaml.safe_load(GIVEN.read_text(encoding="utf-8")):
            house.stage(step)
        house.load()
        yield house


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the process's own ``__main__``: AppTest leaves its script there, and a process that is spawned runs it."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


def shown(view: str, **state: Any) -> AppTest:
    """Return a page as it is drawn."""

    def script(view: str) -> None:
        import importlib

        importlib.import_module(f"dashboards.app.views.{view}").page()

    app = AppTest.from_function(script, default_timeout=SLOW, kwargs={"view": view})
    for name, value in state.items():
        app.session_state[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def cards(app: AppTest) -> dict[str, str]:
    """Return the figures of the cards by their names."""
    return {card.label: card.value for card in app.metric}


def test_an_empty_warehouse_says_so_on_every_page(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        house.load()
        with read(house):
            for view in VIEWS:
                page = shown(view)
                assert "no" in page.info[0].value, view
            assert cards(page)["In quarantine"] == "0", "how the pipeline is can be seen without data, too"


def test_a_sandbox_without_a_warehouse_is_refused(tmp_path: Path) -> None:
    with open_house(tmp_path) as house, pytest.raises(ConfigurationError, match="holds no warehouse yet"):
        admit_reader(house.target)


def test_pages_show_what_is_known(known: House) -> None:
    with read(known):
        overview = shown("overview", period="30 days")
        for view in VIEWS[1:4]:
            shown(view)
        health = shown("health")
    found = cards(overview)
    # Complete until 8 January: the ninth was not over. Plays 10 + 4 on the first, 15 + 8 + 1 on the eighth.
    assert (found["Plays"], found["Loads"]) == ("38", "125")
    assert (found["Visitors"], found["Hours watched"]) == ("2", "0.9 h")
    assert found["Play rate"] == "—", "statistics were asked for on the tenth"
    assert found["Engagement"] == "75.0%"
    assert cards(health)["Newest load"] == str(known.sequence)


def test_choices_choose(known: House) -> None:
    with read(known):
        facebook = cards(shown("overview", channel=["Facebook"]))
        media = cards(shown("overview", media=["m2"]))
        days = {"from": date(2026, 1, 9), "to": date(2026, 1, 9)}
        custom = cards(shown("overview", period="Custom", **days))
        nothing = cards(shown("overview", channel=["Facebook"], media=["m2"]))
    assert facebook["Plays"] == "25"
    assert media["Plays"] == "12"
    assert custom["Plays"] == "5"
    assert nothing["Plays"] == "—"


def test_members_are_compared_with_their_own_past(known: House) -> None:
    week: dict[str, Any] = {"period": "Custom", "from": date(2026, 1, 2), "to": date(2026, 1, 8)}
    with read(known):
        channels, medias = (shown(view, **week).dataframe[0].value for view in ("channels", "overview"))
        audience = cards(shown("audience", **week))
    names = ["channel_name", "play_count", "play_count_change", "load_count_change", "hours_watched_change"]
    assert channels[names].to_numpy().tolist()[:2] == [
        ["Facebook", 15, 50.0, 100.0, 50.0],
        ["YouTube", 8, 100.0, 0.0, 150.0],
    ]
    assert list(channels["visitor_count"]) == [2, 0, 0]
    assert list(medias["media_name"]) == ["Launch on Facebook", "Launch on YouTube", "Welcome"], "Old film did nothing"
    assert list(medias["play_count_change"])[:2] == [50.0, 100.0]
    assert (audience["Visitors"], audience["Sessions"], audience["Sessions per visitor"]) == ("2", "2", "1.00")


def test_a_period_that_ends_before_it_begins_is_told(known: House) -> None:
    with read(known):
        app = shown("overview", period="Custom", **{"from": date(2026, 1, 9), "to": date(2026, 1, 2)})
    assert "ends before it begins" in app.error[0].value


@pytest.mark.parametrize(("hours", "is_stale"), [(1, False), (49, True)])
def test_stale_data_is_called_stale(known: House, hours: int, is_stale: bool) -> None:
    loaded_at = known.value("select max(committed_at) from audit.load_history").replace(tzinfo=UTC)
    with read(known, loaded_at + timedelta(hours=hours)):
        app = shown("channels")
    assert [warning.value[:29] for warning in app.warning] == (["Stale: the newest load is 2 d"] if is_stale else [])
    assert any("Complete until 8 Jan 2026" in caption.value for caption in app.caption)


def test_the_reader_reads_marts_alone(known: House) -> None:
    with read(known), pytest.raises(StatementRefused, match="permission denied"):
        query(replace(known.target, user=READER), "select * from core.dim_visitor")


def test_visitors_have_other_names_for_it(known: House) -> None:
    with read(known):
        names = reader.ask("top_visitors").column("visitor_id")
    assert len(names) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)


def test_an_answer_is_kept_and_a_lost_session_opened_again(known: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with read(known):
        session = reader._session()
        first = reader.ask("medias")
        assert session._connection
        before = session._connection.statements
        assert reader.ask("medias") == first
        assert session._connection.statements == before
        session._connection.close()
        reader.forget()
        assert reader.ask("medias") == first


@pytest.mark.long
def test_one_media_looks_right_on_every_page(tmp_path: Path) -> None:
    with open_laid_out_house(tmp_path) as house:
        fill(house, 1)
        with read(house):
            pages = {view: shown(view) for view in VIEWS}
    assert cards(pages["overview"])["Plays"] == "30"
    assert pages["overview"].multiselect(key="media").options == ["Video 0"]
    assert not any(caption.value.startswith("The hundred most played.") for caption in pages["overview"].caption)
    assert cards(pages["media"])["Plays ever"] == "50"
    assert "There is no StreamPulse data" in pages["streampulse"].info[0].value


@pytest.mark.long
def test_ten_thousand_medias_have_room(tmp_path: Path) -> None:
    count = 10_000
    with open_laid_out_house(tmp_path) as house:
        fill(house, count)
        with read(house):
            overview = shown("overview")
            one = cards(shown("overview", media=["m9999"]))
            media = shown("media")
            channels = shown("channels")
            audience = shown("audience")
    assert cards(overview)["Plays"] == "1.50 B", "50,005,000 a day"
    assert any(caption.value.startswith("The hundred most played. ") for caption in overview.caption)
    assert list(overview.dataframe[0].value["media_name"][:2]) == ["Video 5000", "Video 4999 (m9999)"]
    options = overview.multiselect(key="media").options
    assert len(options) == count
    assert {"Video 4999 (m9998)", "Video 4999 (m9999)"} <= set(options)
    assert one["Plays"] == "299,970"
    assert media.selectbox(key="video").options[0] == "Video 5000"
    assert cards(channels) == {}
    assert cards(audience)["Visitors"] == "0"


def test_the_rows_of_several_marts_are_one_dataset_of_quicksight_with_the_figures_of_each(known: House) -> None:
    rows = stacked(load_declaration().datasets["activity"].parts)
    of_both = "select sum(play_count), count(distinct visitor_id), sum(session_count) from ({}) as activity"
    plays = "select sum(play_count) from mart.media_daily_performance"
    people = "select count(distinct visitor_id), sum(session_count) from mart.visitor_media_daily"
    with read(known):
        reading = replace(known.target, user=READER)
        (found,) = query(reading, of_both.format(rows)).rows
        (alone,), (beside,) = query(reading, plays).rows, query(reading, people).rows
    assert tuple(found) == (*alone, *beside)
    assert found[1] == 2


def test_every_question_is_asked_by_some_page() -> None:
    views = Path(reader.__file__).parent
    text = "".join(file.read_text(encoding="utf-8") for file in views.rglob("*.py"))
    assert [name for name in load_queries() if f'"{name}"' not in text] == []
