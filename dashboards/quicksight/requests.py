"""What is asked of QuickSight, in order, as data: nothing here speaks to it."""

from dataclasses import dataclass
from typing import Any

from dashboards.app.theme import LIGHT, SURFACES
from dashboards.quicksight.datasets import RULES, data_source, dataset, refresh_properties, rules
from dashboards.quicksight.declaration import load_declaration
from dashboards.quicksight.definition import definition
from dashboards.quicksight.installation import Installation

THEME, PAGES = "theme", "pages"
_TITLE = "reelhouse"
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
    """Return all that an installation needs, each asset after those that it is made of."""
    declared = load_declaration().datasets
    found = [Request("create_data_source", data_source(installation), "data source", "warehouse")]
    if installation.access:
        found.append(Request("create_data_set", rules(installation), "dataset", RULES))
    for name, each in declared.items():
        found.append(Request("create_data_set", dataset(installation, name), "dataset", name))
        if properties := refresh_properties(installation, name, each):
            found.append(Request("put_data_set_refresh_properties", properties, "refresh window", name))
    found.append(Request("create_theme", _theme(installation), "theme", THEME))
    found.append(Request("create_analysis", _analysis(installation), "analysis", PAGES))
    found.append(Request("create_dashboard", _dashboard(installation), "dashboard", PAGES))
    return tuple(found)


def _theme(installation: Installation) -> dict[str, Any]:
    """Return the theme: the colours of the application's light pages."""
    return {
        "AwsAccountId": installation.account,
        "ThemeId": installation.id_of(THEME),
        "Name": _TITLE,
        "BaseThemeId": "CLASSIC",
        "Configuration": {
            "DataColorPalette": {
                "Colors": [_hex(colour) for colour in LIGHT.series],
                "MinMaxGradient": [_hex(LIGHT.scale[0]), _hex(LIGHT.scale[2])],
            },
            "UIColorPalette": {
                "PrimaryForeground": _hex(LIGHT.text),
                "PrimaryBackground": _hex(LIGHT.page),
                "SecondaryForeground": _hex(LIGHT.text),
                "SecondaryBackground": _hex(SURFACES["light"]),
                "Accent": _hex(LIGHT.series[0]),
                "AccentForeground": _hex(LIGHT.page),
                "Danger": _hex(LIGHT.series[1]),
                "DangerForeground": _hex(LIGHT.page),
                "Success": _hex(LIGHT.series[0]),
                "SuccessForeground": _hex(LIGHT.page),
                "Dimension": _hex(LIGHT.series[0]),
                "Measure": _hex(LIGHT.series[2]),
            },
            "Sheet": {"Tile": {"Border": {"Show": True}}},
        },
    }


def _hex(colour: str) -> str:
    """Return a colour as QuickSight writes it: it takes capital letters alone."""
    return colour.upper()


def _analysis(installation: Installation) -> dict[str, Any]:
    return {
        "AwsAccountId": installation.account,
        "AnalysisId": installation.id_of(PAGES),
        "Name": _TITLE,
        "ThemeArn": installation.arn("theme", THEME),
        "Definition": definition(installation),
        "ValidationStrategy": {"Mode": "STRICT"},
        **_permissions(installation.authors, _WRITE),
    }


def _dashboard(installation: Installation) -> dict[str, Any]:
    return {
        "AwsAccountId": installation.account,
        "DashboardId": installation.id_of(PAGES),
        "Name": _TITLE,
        "ThemeArn": installation.arn("theme", THEME),
        "Definition": definition(installation),
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
