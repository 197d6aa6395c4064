"""Colours that people tell apart who see few of them, in light and in dark.

The hues are those of Okabe and Ito ("Color Universal Design", 2008), the darker of them for a light page and the
brighter for a dark one: each stands out from its page by 3 to 1 at least (WCAG 2.1, 1.4.11).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of charts on one kind of page.

    Attributes:
        page: the page's own colour.
        text: of words.
        muted: of axes and of what is there for comparison.
        grid: of lines behind the data.
        series: of the series of a chart, in order.
        scale: from nothing to most.
    """

    page: str
    text: str
    muted: str
    grid: str
    series: tuple[str, ...]
    scale: tuple[str, str, str]


LIGHT = Theme(
    page="#ffffff",
    text="#1a1f2b",
    muted="#5b6472",
    grid="#e4e7ec",
    series=("#0072b2", "#d55e00", "#008060", "#a8528a", "#8a6d00", "#3d4b5c"),
    scale=("#eef4fa", "#6aa6d6", "#00456e"),
)
DARK = Theme(
    page="#12161d",
    text="#eef1f6",
    muted="#a3adbb",
    grid="#2c3440",
    series=("#56b4e9", "#e69f00", "#2fbf93", "#e08dbd", "#f0e442", "#b8c2cf"),
    scale=("#1b2836", "#2f7fb5", "#a9dcfb"),
)
SURFACES = {"light": "#f4f6f9", "dark": "#1b212b"}
BORDERS = {"light": "#d5dae2", "dark": "#38424f"}
LESS = {"light": "#a84300", "dark": "#ffb84d"}
"""Words on the faint ground of a change: 4.5 to 1 at least (WCAG 2.1, 1.4.3)."""
PAGES = {"light": LIGHT, "dark": DARK}


def streamlit_options() -> dict[str, str | bool]:
    """Return the options by which Streamlit draws its own parts in the same colours, in both kinds of pages."""
    options: dict[str, str | bool] = {"theme.baseRadius": "6px"}
    for kind, theme in PAGES.items():
        options |= {
            f"theme.{kind}.primaryColor": theme.series[0],
            f"theme.{kind}.backgroundColor": theme.page,
            f"theme.{kind}.secondaryBackgroundColor": SURFACES[kind],
            f"theme.{kind}.textColor": theme.text,
            f"theme.{kind}.borderColor": BORDERS[kind],
            f"theme.{kind}.linkColor": theme.series[0],
            # Changes of cards: blue for more and vermillion for less are told apart where red and green are not.
            f"theme.{kind}.greenColor": theme.series[0],
            f"theme.{kind}.greenTextColor": theme.series[0],
            f"theme.{kind}.redColor": theme.series[1],
            f"theme.{kind}.redTextColor": LESS[kind],
        }
    return options
