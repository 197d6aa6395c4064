"""The application's frame, which `streamlit run` runs: pages along the top; a failure is a message, not a trace."""

from collections.abc import Callable

import streamlit as st

from dashboards.app.panels import theme
from dashboards.app.views import audience, channels, health, media, overview, streampulse
from extract.errors import ReelhouseError
from warehouse_sql.connection import StatementRefused

PAGES: tuple[tuple[str, str, Callable[[], None]], ...] = (
    ("Overview", "dashboard", overview.page),
    ("Media", "movie", media.page),
    ("Audience", "groups", audience.page),
    ("Channels", "campaign", channels.page),
    ("StreamPulse", "live_tv", streampulse.page),
    ("Health", "monitor_heart", health.page),
)
NOT_THERE = ("42P01", "3F000", "42703")
NOT_ALLOWED = "42501"


STYLE = """<style>
[class*="st-key-cards_"] { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 0.75rem; }
[class*="st-key-cards_"] > * { width: auto; }
[data-testid="stMainBlockContainer"] { padding-top: 4.5rem; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] * { opacity: 1; color: MUTED; }
</style>"""
"""Cards in equal columns, as many as there is room for (Streamlit gives a keyed container the class `st-key-…`), and
captions that can be read: Streamlit's own grey has a contrast of less than 4.5 to 1."""


def _guarded(title: str, page: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        st.title(title)
        try:
            page()
        except StatementRefused as refused:
            st.error(f"{refused}. {_way_out(refused.code)}", icon=":material/error:")
        except ReelhouseError as error:
            st.error(f"{error}. Reload the page to try again.", icon=":material/error:")

    return run


def _way_out(code: str) -> str:
    if code in NOT_THERE:
        return "The warehouse does not have the marts of this release: type `reelhouse warehouse apply`."
    if code == NOT_ALLOWED:
        return "The reader lacks the role reelhouse_dashboard: type `reelhouse warehouse apply`, then GRANT ROLE."
    return "Reload the page to try again."


def main() -> None:
    """Draw the page that is asked for."""
    st.set_page_config("reelhouse", "🎬", layout="wide")
    st.html(STYLE.replace("MUTED", theme().muted))
    pages = [
        st.Page(
            _guarded(title, page), title=title, icon=f":material/{icon}:", url_path=title.lower(), default=not number
        )
        for number, (title, icon, page) in enumerate(PAGES)
    ]
    st.navigation(pages, position="top").run()


if __name__ == "__main__":
    main()
