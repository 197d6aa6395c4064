"""The data dictionary in a real browser, from a file: no complaints, no net, a search, a way that can be followed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from dashboards.dictionary.site import write
from tests.end_to_end.dashboards.browser import open_browser, program

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
MART = "mart.channel_performance"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program()
    out = tmp_path_factory.mktemp("docs")
    write(out)
    return out


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


def opened(browser: Browser, file: Path, complaints: list[str], scheme: str = "light", width: int = 1280) -> Page:
    """Open a file as a person would."""
    size = {"width": width, "height": 900}
    page = browser.new_context(viewport=size, color_scheme=scheme).new_page()  # type: ignore[arg-type]
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith(("file:", "data:")) else complaints.append(asked.url))
    page.goto(file.as_uri())
    return page


@pytest.mark.parametrize("name", ["index.html", "matrix.html", "measures.html", f"tables/{MART}.html"])
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_page_opens_from_a_file(browser: Browser, site: Path, name: str, scheme: str, width: int) -> None:
    complaints: list[str] = []
    page = opened(browser, site / name, complaints, scheme, width)
    assert complaints == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    assert [f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found] == []


def test_a_search_leads_to_the_column(browser: Browser, site: Path) -> None:
    complaints: list[str] = []
    page = opened(browser, site / "index.html", complaints)
    page.get_by_role("combobox", name="Search").fill("play rate class")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url("**/mart.media_summary.html#play_rate_class")
    assert complaints == []


def test_a_column_can_be_followed_to_the_field_of_the_source(browser: Browser, site: Path) -> None:
    page = opened(browser, site / "tables" / f"{MART}.html", [])
    column = page.locator(f'.node[data-name="{MART}.average_percent_viewed"]')
    column.focus()
    page.keyboard.press("Enter")
    on = page.locator(".node.on").evaluate_all("nodes => nodes.map((node) => node.dataset.name)")
    assert "wistia/events: percent_viewed" in on
    assert f"{MART}.channel_name" not in on
    assert page.locator("#ways").inner_text() == (
        f"{MART}.average_percent_viewed comes from wistia/events: percent_viewed"
    )
    assert page.locator(f'.node[data-name="{MART}.channel_name"]').evaluate("node => !node.classList.contains('on')")
    page.keyboard.press("Escape")
    assert page.locator(".node.on").count() == 0
