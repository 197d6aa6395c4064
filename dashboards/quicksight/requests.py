"""What is asked of QuickSight, in order, as data: nothing here speaks to it."""

from dataclasses import dataclass
from typing import Any

from dashboards.app.theme import BORDERS, PAGES, SURFACES
from dashboards.quicksight.datasets import RULES, data_source, dataset, refresh_properties, rules
from dashboards.quicksight.declaration import load_declaration
from dashboards.quicksight.definition import definition
from dashboards.quicksight.drawing import hexadecimal
from dashboards.quicksight.installation import Installation
from dashboards.quicksight.resolve import unresolved

LIGHT, DARK = "light", "dark"
_TITLES = {LIGHT: "reelhouse", DARK: "reelhouse, dark"}
"""A dashboard has one theme, and its readers cannot choose another: so there are two of them."""
_SEE = ("quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", "quicksight:QueryDashboard")
_WRITE = (
    "quicksight:RestoreAnalysis",
    "quicksight:UpdateAnalysisPermissions",
    "quicksight:DeleteAnalysis",
    "quicksight:DescribeAnalysisPermissions",
    "quicksight:QueryAnalysis",
    "quicksight:DescribeAnalysis",
    "quicksight:UpdateAnalysis",
)


@dataclass(frozen=True, slots=True)
class Request:
    """One call: the operation that makes an asset, and what is asked.

    Attributes:
        operation: as botocore names its method, such as ``create_data_set``.
        arguments: what is asked.
        kind: of the asset, for people.
        name: of the asset, for people.
    """

    operation: str
    arguments: dict[str, Any]
    kind: str
    name: str


def requests(installation: Installation) -> tuple[Request, ...]:
    """Return all that an installation needs, each asset after those that it is made of.

    Raises:
        ValueError: a column that is declared is in no mart of this release.
    """
    if missing := unresolved(load_declaration()):
        raise ValueError(f"QuickSight's pages use what no mart has: {'; '.join(missing)}")
    declared = load_declaration().datasets
    found = [Request("create_data_source", data_source(installation), "data source", "warehouse")]
    if installation.access:
        found.append(Request("create_data_set", rules(installation), "dataset", RULES))
    for name, each in declared.items():
        found.append(Request("create_data_set", dataset(installation, name), "dataset", name))
        if properties := refresh_properties(installation, name, each):
            found.append(Request("put_data_set_refresh_properties", properties, "refresh window", name))
    found += [Request("create_theme", _theme(installation, page), "theme", _named("theme", page)) for page in _TITLES]
    found.append(Request("create_analysis", _analysis(installation), "analysis", "pages"))
    for page in _TITLES:
        found.append(Request("create_dashboard", _dashboard(installation, page), "dashboard", _named("pages", page)))
    return tuple(found)


def _named(asset: str, page: str) -> str:
    return asset if page == LIGHT else f"{asset}-{page}"


def _theme(installation: Installation, page: str) -> dict[str, Any]:
    """Return a theme: the colours of the application's pages, light or dark."""
    theme, surface = PAGES[page], SURFACES[page]
    colours = {
        "PrimaryForeground": theme.text,
        "PrimaryBackground": theme.page,
        "SecondaryForeground": theme.text,
        "SecondaryBackground": surface,
        "Accent": theme.series[0],
        "AccentForeground": theme.page,
        "Danger": theme.series[1],
        "DangerForeground": theme.page,
        "Success": theme.series[0],
        "SuccessForeground": theme.page,
        "Dimension": theme.series[0],
        "Measure": theme.series[2],
    }
    return {
        "AwsAccountId": installation.account,
        "ThemeId": installation.id_of(_named("theme", page)),
        "Name": _TITLES[page],
        "BaseThemeId": "CLASSIC" if page == LIGHT else "MIDNIGHT",
        "Configuration": {
            "DataColorPalette": {
                "Colors": [hexadecimal(colour) for colour in theme.series],
                "MinMaxGradient": [hexadecimal(theme.scale[0]), hexadecimal(theme.scale[2])],
                "EmptyFillColor": hexadecimal(BORDERS[page]),
            },
            "UIColorPalette": {name: hexadecimal(colour) for name, colour in colours.items()},
            "Sheet": {"Tile": {"Border": {"Show": True}}},
        },
    }


def _analysis(installation: Installation) -> dict[str, Any]:
    return {
        "AwsAccountId": installation.account,
        "AnalysisId": installation.id_of("pages"),
        "Name": _TITLES[LIGHT],
        "ThemeArn": installation.arn("theme", _named("theme", LIGHT)),
        "Definition": definition(installation, LIGHT),
        "ValidationStrategy": {"Mode": "STRICT"},
        **_permissions(installation.authors, _WRITE),
    }


def _dashboard(installation: Installation, page: str) -> dict[str, Any]:
    return {
        "AwsAccountId": installation.account,
        "DashboardId": installation.id_of(_named("pages", page)),
        "Name": _TITLES[page],
        "ThemeArn": installation.arn("theme", _named("theme", page)),
        "Definition": definition(installation, page),
        "ValidationStrategy": {"Mode": "STRICT"},
        "DashboardPublishOptions": {
            "ExportToCSVOption": {"AvailabilityStatus": "ENABLED"},
            "SheetControlsOption": {"VisibilityState": "EXPANDED"},
        },
        **_permissions(installation.readers, _SEE),
    }


def _permissions(principals: tuple[str, ...], actions: tuple[str, ...]) -> dict[str, Any]:
    """Return nothing where there is nobody: an empty list is refused."""
    found = [{"Principal": arn, "Actions": list(actions)} for arn in principals]
    return {"Permissions": found} if found else {}
