"""The application over ten thousand medias, in a real browser: every page looks right, and a choice is answered."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser

from tests.end_to_end.dashboards.browser import Visit, open_browser, program, served
from tests.integration.dashboards.large import fill
from tests.integration.warehouse_sql.house import open_laid_out_house

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
COUNT = 10_000
NOW = datetime(2026, 1, 31, 9, tzinfo=UTC)
PAGES = ("", "media", "audience", "channels", "streampulse", "health")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program()
    home = tmp_path_factory.mktemp("many")
    with open_laid_out_house(home) as house:
        fill(house, COUNT)
    (home / "reelhouse.yaml").write_text('lake: "file:lake"\nwarehouse: "sandbox:."\n')
    with served(home, NOW, home / "dashboard.log") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as opened:
        yield opened


def visit(browser: Browser, address: str, path: str, width: int = 1440) -> Visit:
    opened = Visit(browser.new_context(viewport={"width": width, "height": 1000}).new_page(), address)
    opened.go(path)
    return opened


@pytest.mark.parametrize("path", PAGES)
def test_a_page_looks_right_wide_and_narrow(browser: Browser, address: str, path: str) -> None:
    for width in (1440, 390):
        found = visit(browser, address, path, width)
        assert found.complaints == []
        assert found.page.get_by_test_id("stException").count() == 0
        assert found.page.evaluate("document.documentElement.scrollWidth") <= width, "nothing is cut off at the side"
        cut = found.page.get_by_test_id("stMetricValue").evaluate_all(
            "cards => cards.filter(card => card.scrollWidth > card.clientWidth).map(card => card.innerText)"
        )
        assert cut == [], "every figure has room in its card"
        found.page.context.close()


def test_the_first_page_has_the_most_played_and_says_so(browser: Browser, address: str) -> None:
    found = visit(browser, address, "")
    assert found.metric("Plays") == "1.50 B"
    assert found.page.get_by_text("hundred most played").count() == 1
    found.page.context.close()


def test_one_of_ten_thousand_is_found_by_typing_and_answered(browser: Browser, address: str) -> None:
    found = visit(browser, address, "")
    box = found.page.get_by_test_id("stMultiSelect").filter(has_text="Medias").locator("input")
    box.click()
    box.type("m1235")
    found.page.get_by_role("option", name="Video 617 (m1235)").click()
    found.page.keyboard.press("Escape")
    found.page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid=stMetricValue]')][0].innerText === '37,050'"
    )
    found.settle()
    assert (found.metric("Plays"), found.metric("Loads")) == ("37,050", "74,100"), "30 days of 1,235 plays"
    assert found.complaints == []
    found.page.context.close()


def test_the_page_of_one_media_is_found_and_can_be_shared(browser: Browser, address: str) -> None:
    found = visit(browser, address, "media")
    assert found.metric("Plays ever") == "500,000", "the most played comes first"
    box = found.page.get_by_test_id("stSelectbox").filter(has_text="Media").last.locator("input")
    box.click()
    box.type("m9999")
    found.page.get_by_role("option", name="Video 4999 (m9999)").click()
    found.page.get_by_text("499,950").first.wait_for()
    found.settle()
    assert found.metric("Plays ever") == "499,950"
    again = visit(browser, address, found.page.url.removeprefix(f"{address}/"))
    assert again.metric("Plays ever") == "499,950"
    for each in (found, again):
        each.page.context.close()
