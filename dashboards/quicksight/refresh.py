"""Having SPICE show a load: started by the load, not by the clock, and at most once an hour.

SPICE allows 32 refreshes of a dataset in 24 hours ("CreateIngestion", Amazon QuickSight API Reference). A refresh is
named for its hour, and QuickSight takes a name once; when it began and how it ended is asked of QuickSight. So nobody
has to remember anything: to ask twice is the same as once, whichever machines ask. The first refresh of a UTC day reads
everything, because loads, backfills and replays restate days beyond the window; those after it read the window.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from dashboards.quicksight.declaration import load_declaration
from dashboards.quicksight.installation import asset_id

_WHOLE, _WINDOW = "FULL_REFRESH", "INCREMENTAL_REFRESH"
_HOURS_LOOKED_AT = 6
"""Whoever asks for a load that is older has it read once more."""
_FAILED = {"FAILED", "CANCELLED"}
_COMPLETED = "COMPLETED"


def refresh(client: Any, account: str, prefix: str, loaded_at: datetime, now: datetime) -> tuple[str, ...]:
    """Have every dataset that SPICE keeps show a load; ask again until the answer is empty.

    What shows it already, or is being read since, is left alone; else a refresh is started, unless there was one in
    this hour.

    Args:
        client: botocore's client of QuickSight.
        account: the AWS account id.
        prefix: of the installation's ids.
        loaded_at: the instant at which the newest load was published.
        now: the instant of asking.

    Returns:
        The ids of the datasets that do not show it yet.
    """
    return tuple(
        request["DataSetId"]
        for request in ingestions(account, prefix, now)
        if not _shows(client, request, prefix, loaded_at, now)
    )


def ingestions(account: str, prefix: str, now: datetime) -> tuple[dict[str, Any], ...]:
    """Return the requests of an hour: of a window where the dataset has one."""
    return tuple(
        {
            "AwsAccountId": account,
            "DataSetId": asset_id(prefix, name),
            "IngestionId": _named(prefix, now.astimezone(UTC)),
            "IngestionType": _WINDOW if declared.incremental else _WHOLE,
        }
        for name, declared in load_declaration().datasets.items()
        if declared.spice
    )


def _shows(client: Any, request: dict[str, Any], prefix: str, loaded_at: datetime, now: datetime) -> bool:
    dataset = {name: request[name] for name in ("AwsAccountId", "DataSetId")}
    for hour in _hours(loaded_at, now):
        status = _status(client, {**dataset, "IngestionId": _named(prefix, hour)}, loaded_at)
        if status == _COMPLETED:
            return True
        if status is not None and status not in _FAILED:
            return False
    if request["IngestionType"] == _WINDOW and not _was_read(client, dataset, prefix, now):
        request = {**request, "IngestionType": _WHOLE}
    # There is one of this hour where it began before the load, or failed; the next hour has another name.
    with suppress(client.exceptions.ResourceExistsException):
        client.create_ingestion(**request)
    return False


def _was_read(client: Any, dataset: dict[str, str], prefix: str, now: datetime) -> bool:
    """Tell whether a refresh of an earlier hour of this UTC day came to its end: the first of them read everything."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    hours = (midnight + timedelta(hours=number) for number in range(now.astimezone(UTC).hour))
    names = (_named(prefix, hour) for hour in hours)
    return any(_status(client, {**dataset, "IngestionId": name}, midnight) == _COMPLETED for name in names)


def _status(client: Any, ingestion: dict[str, Any], loaded_at: datetime) -> str | None:
    """Return the state of a refresh that began after the load; None where there is none such."""
    try:
        found = client.describe_ingestion(**ingestion)["Ingestion"]
    except client.exceptions.ResourceNotFoundException:
        return None
    return str(found["IngestionStatus"]) if found["CreatedTime"] >= loaded_at else None


def _hours(first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield an instant of each hour from that of the first to that of the last, the newest first; not very many."""
    hour, end = (instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0) for instant in (last, first))
    for back in range(min(_HOURS_LOOKED_AT, (hour - end) // timedelta(hours=1) + 1)):
        yield hour - timedelta(hours=back)


def _named(prefix: str, hour: datetime) -> str:
    return f"{prefix}-{hour:%Y%m%dT%H}"
