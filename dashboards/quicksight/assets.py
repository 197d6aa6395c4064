"""What an installation has in QuickSight, what a deployment would do to it, and taking it away again.

Assets are known by their ids, which begin with the installation's prefix; what somebody made beside them is left alone.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.quicksight.requests import Request

_KINDS = {
    "dashboard": ("list_dashboards", "DashboardSummaryList", "DashboardId", "delete_dashboard"),
    "analysis": ("list_analyses", "AnalysisSummaryList", "AnalysisId", "delete_analysis"),
    "theme": ("list_themes", "ThemeSummaryList", "ThemeId", "delete_theme"),
    "dataset": ("list_data_sets", "DataSetSummaries", "DataSetId", "delete_data_set"),
    "data source": ("list_data_sources", "DataSources", "DataSourceId", "delete_data_source"),
}
"""Each kind before those that it is made of."""
_MORE: Mapping[str, Mapping[str, Any]] = {
    "list_themes": {"Type": "CUSTOM"},
    # Else it could be restored for thirty days, and its id would be taken.
    "delete_analysis": {"ForceDeleteWithoutRecovery": True},
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One of ours: its kind, as requests call it, and its id."""

    kind: str
    id: str


def present(client: Any, account: str, prefix: str) -> tuple[Asset, ...]:
    """Return the assets of an installation that QuickSight has, each before those that it is made of."""
    found = []
    for kind, (operation, summaries, key, _) in _KINDS.items():
        pages = client.get_paginator(operation).paginate(AwsAccountId=account, **_MORE.get(operation, {}))
        listed = (summary for page in pages for summary in page[summaries] if summary.get("Status") != "DELETED")
        ids = sorted(summary[key] for summary in listed if summary[key].startswith(f"{prefix}-"))
        found += [Asset(kind, each) for each in ids]
    return tuple(found)


def asked_for(asked: Iterable[Request]) -> tuple[Asset, ...]:
    """Return the assets that requests make."""
    return tuple(
        Asset(request.kind, str(request.arguments[_KINDS[request.kind][2]]))
        for request in asked
        if request.operation.startswith("create_")
    )


def leftover(asked: Iterable[Request], there: Iterable[Asset]) -> tuple[Asset, ...]:
    """Return the assets that are there and that nobody asks for any more."""
    wanted = set(asked_for(asked))
    return tuple(asset for asset in there if asset not in wanted)


def remove(client: Any, account: str, assets: Iterable[Asset], tell: Callable[[str], None]) -> None:
    """Remove assets in the order given; one that is gone already is as good.

    Args:
        client: botocore's client of QuickSight.
        account: the AWS account id.
        assets: each before those that it is made of.
        tell: is told what was done.
    """
    for asset in assets:
        _, _, key, operation = _KINDS[asset.kind]
        try:
            getattr(client, operation)(**{"AwsAccountId": account, key: asset.id}, **_MORE.get(operation, {}))
        except client.exceptions.ResourceNotFoundException:
            continue
        tell(f"removed: {asset.kind} {asset.id}")
