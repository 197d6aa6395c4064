"""Having SPICE read again after a load: started by the pipeline, not by the clock, and at most once an hour.

SPICE allows 32 refreshes of a dataset in 24 hours ("CreateIngestion", Amazon QuickSight API Reference). An ingestion is
named for its hour, and QuickSight takes a name once: so nobody has to remember when the last one was, and two loads of
one hour start one refresh, whichever machines they run on. What the second brought is read with the next.
"""

from datetime import UTC, datetime
from typing import Any

from dashboards.quicksight.declaration import load_declaration
from dashboards.quicksight.installation import Installation

WEEKLY = 6
"""The day of the week, Sunday, whose first refresh reads everything: what was restated beyond the window."""


def refresh(client: Any, installation: Installation, now: datetime) -> tuple[str, ...]:
    """Start a refresh of every dataset that SPICE keeps; return those that were started.

    Call it when a load is published and its checks have passed.

    Args:
        client: botocore's client of QuickSight.
        installation: where QuickSight stands.
        now: the instant of the load.
    """
    started = []
    for arguments in ingestions(installation, now):
        try:
            client.create_ingestion(**arguments)
        except client.exceptions.ResourceExistsException:
            continue  # of this hour already
        started.append(str(arguments["DataSetId"]))
    return tuple(started)


def ingestions(installation: Installation, now: datetime) -> tuple[dict[str, Any], ...]:
    """Return the requests: incremental where the dataset has a window, else of all; on Sundays at midnight of all."""
    hour = now.astimezone(UTC)
    is_whole = hour.weekday() == WEEKLY and hour.hour < _HOURS_OF_WHOLE
    return tuple(
        {
            "AwsAccountId": installation.account,
            "DataSetId": installation.id_of(name),
            "IngestionId": f"{installation.prefix}-{hour:%Y%m%dT%H}",
            "IngestionType": "INCREMENTAL_REFRESH" if declared.incremental and not is_whole else "FULL_REFRESH",
        }
        for name, declared in load_declaration().datasets.items()
        if declared.spice
    )


_HOURS_OF_WHOLE = 6
"""Until six o'clock: a daily run at two, and what comes soon after it."""
