"""The application in a real browser, over a small sandbox: what a person does, sees, hears and takes away."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from extract.progress import Silent
from orchestration.context import Context, Options
from orchestration.pipeline import run
from orchestration.sandboxes import open_warehouse
from tests.end_to_end.dashboards.browser import Visit, open_browser, program, served
from warehouse_sql.query import query

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
RUNS = [datetime(2026, 1, 14, 2, tzinfo=UTC), datetime(2026, 1, 15, 2, tzinfo=UTC)]
PAGES = ("", "media", "audience", "channels", "streampulse", "health")
CONFIGURATION = """\
wistia:
  base_url: "sandbox:.?profile=small"
  requests_per_minute: 1000000
  channels: {v08dlrgr7v: Facebook, gskhw4w4lm: YouTube}
streampulse:
  landing: "sandbox:.?users=60&titles=20&playbacks=80&days=10"
lake: "file:lake"
warehouse: "sandbox:."
"""
HOVER_LAYER = "_highlighted_points_marks"
"""Streamlit's sparklines hold an empty layer for the point under the mouse, called a graphic and without a name."""
FACEBOOK = """
select sum(play_count), sum(load_count)
from mart.channel_performance
where channel_name = 'Facebook' and activity_date between '2025-12-16' and '2026-01-14'
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program()
    folder = tmp_path_factory.mktemp("dashboard")
    (folder / "reelhouse.yaml").write_text(CONFIGURATION)
    for instant in RUNS:
        assert run(Context(Options(home=folder, as_of=instant)), Silent()).outcome == "published"
    return folder


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    with served(home, RUNS[-1] + timedelta(hours=7), home / "dashboard.log") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


def visit(browser: Browser, address: str, path: str, **of_context: Any) -> Visit:
    """Return a page, opened by somebody new."""
    opened = Visit(
        browser.new_context(**{"viewport": {"width": 1440, "height": 1000}, **of_context}).new_page(), address
    )
    opened.go(path)
    return opened


def ask(home: Path, statement: str) -> list[tuple[Any, ...]]:
    """Ask the warehouse, beside the application."""
    context = Context(Options(home=home))
    return list(query(open_warehouse(context.settings, context.secrets), statement).rows)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_comes_up_without_complaints_wide_and_narrow(browser: Browser, address: str, path: str) -> None:
    for scheme, width in (("light", 1440), ("dark", 390)):
        found = visit(browser, address, path, color_scheme=scheme, viewport={"width": width, "height": 900})
        assert found.complaints == []
        assert found.page.get_by_test_id("stAlertContentError").count() == 0
        assert found.page.get_by_test_id("stException").count() == 0
        wide = found.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, "nothing is cut off at the side"
        found.page.context.close()


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_cannot_see_it_is_told(browser: Browser, address: str, path: str, scheme: str) -> None:
    found = visit(browser, address, path, color_scheme=scheme)
    violations = Axe().run(found.page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    grave = [
        f"{violation['id']}: {node['html'][:160]}: {node['failureSummary'][:200]}"
        for violation in violations
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
        if HOVER_LAYER not in node["html"]
    ]
    assert grave == []
    charts = found.page.get_by_test_id("stPlotlyChart")
    named = found.page.locator('[data-testid="stPlotlyChart"]:is([aria-label], :has([aria-label]))')
    assert named.count() == charts.count()
    found.page.context.close()


def test_a_choice_changes_figures_to_those_of_sql(browser: Browser, address: str, home: Path) -> None:
    ((plays, loads),) = ask(home, FACEBOOK)
    found = visit(browser, address, "")
    before = found.metric("Plays")
    found.page.get_by_test_id("stMultiSelect").filter(has_text="Channels").locator("input").click()
    found.page.get_by_role("option", name="Facebook").click()
    found.page.keyboard.press("Escape")
    found.page.wait_for_function(
        "before => [...document.querySelectorAll('[data-testid=stMetricValue]')][0].innerText !== before", arg=before
    )
    found.settle()
    assert (found.metric("Plays"), found.metric("Loads")) == (f"{plays:,}", f"{loads:,}")
    assert "channel=Facebook" in found.page.url
    again = visit(browser, address, found.page.url.removeprefix(f"{address}/"))
    assert again.metric("Plays") == f"{plays:,}", "a view can be shared by its address"


def test_a_choice_stays_from_page_to_page(browser: Browser, address: str) -> None:
    found = visit(browser, address, "?channel=Facebook")
    plays = found.metric("Plays")
    found.page.get_by_role("link", name="Health").click()
    found.page.get_by_role("heading", name="Health").wait_for()
    found.page.get_by_role("link", name="Overview").click()
    found.page.get_by_role("heading", name="Overview").wait_for()
    found.settle()
    assert found.metric("Plays") == plays


def test_a_chart_can_be_taken_away_as_csv(browser: Browser, address: str, home: Path) -> None:
    found = visit(browser, address, "streampulse")
    with found.page.expect_download() as download:
        found.page.get_by_role("button", name="CSV: Regions").click()
    assert download.value.suggested_filename == "regions.csv"
    with Path(download.value.path()).open(newline="") as file:
        rows = list(csv.DictReader(file))
    expected = ask(
        home,
        "select region, sum(playback_count) from mart.regional_engagement "
        "where activity_date between '2025-12-16' and '2026-01-14' group by region",
    )
    assert {row["region"]: int(row["playback_count"]) for row in rows} == dict(expected)


def test_every_chart_has_its_definitions(browser: Browser, address: str) -> None:
    found = visit(browser, address, "media")
    found.page.get_by_role("button", name="Definitions").first.click()
    body = found.page.get_by_test_id("stPopoverBody")
    body.wait_for()
    assert "first_view_count divided by that of bucket 0" in body.inner_text()


def test_everything_can_be_reached_by_keyboard(browser: Browser, address: str) -> None:
    found = visit(browser, address, "")
    reached: list[str] = []
    for _ in range(60):
        found.page.keyboard.press("Tab")
        reached.append(
            found.page.evaluate(
                "() => { const e = document.activeElement; return (e.innerText || e.getAttribute('aria-label') || "
                "e.tagName).trim() }"
            )
        )
    text = "\n".join(reached)
    for name in ("Channels", "Health", "Reload", "Definitions", "CSV: Plays and visitors"):
        assert name in text, f"{name} was not reached"


def test_stale_data_is_called_stale(home: Path, browser: Browser) -> None:
    with served(home, RUNS[-1] + timedelta(days=3, hours=1), home / "late.log") as address:
        found = visit(browser, address, "channels")
        assert "Stale: the newest load is 3 days old" in found.page.get_by_test_id("stAlert").inner_text()
