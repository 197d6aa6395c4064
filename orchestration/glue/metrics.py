"""Metrics in CloudWatch's embedded format: a log line that is JSON and says which of its members are metrics.

Amazon CloudWatch User Guide, "Specification: Embedded metric format". No request is sent and no right is needed.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

NAMESPACE = "reelhouse"
OF_EACH_JOB = ("Seconds", "Failed")
OF_JOBS: Mapping[str, tuple[str, ...]] = {
    "extract": ("Requests", "RecordsLanded", "RefusedFiles", "RefusedSources"),
    "normalise": ("RecordsNormalised", "RecordsQuarantined", "QuarantinedPercent"),
    "load": ("LoadsApplied", "RowsInserted", "RowsUpdated", "FreshnessHours"),
    "export": ("DaysExported",),
}
OF_EACH_WORKFLOW = ("Finished",)
"""What is told, by what tells it: each name, for each of its jobs or workflows, is a metric that CloudWatch bills."""
UNITS = {"Seconds": "Seconds", "QuarantinedPercent": "Percent", "FreshnessHours": "None"}
"""Those that are no counts."""


def told_of(job: str) -> tuple[str, ...]:
    """Return the names of the metrics that a job tells."""
    return (*OF_EACH_JOB, *OF_JOBS.get(job, ()))


def metrics_line(at: datetime, dimensions: Mapping[str, str], metrics: Mapping[str, float], run_id: str) -> str:
    """Return the line of some metrics, each a number under its name, with the dimensions that they have together."""
    declared = [{"Name": name, "Unit": UNITS.get(name, "Count")} for name in metrics]
    directive = {"Namespace": NAMESPACE, "Dimensions": [list(dimensions)], "Metrics": declared}
    timestamp = int(at.timestamp() * 1000)
    document = {"_aws": {"Timestamp": timestamp, "CloudWatchMetrics": [directive]}, **dimensions, "run_id": run_id}
    return json.dumps({**document, **metrics})


def metrics_of(job: str, found: Any) -> dict[str, float]:
    """Return what is worth watching in the report of a job; nothing where it had nothing to do."""
    if found is None:
        return {}
    match job:
        case "extract":
            streams = found.streams
            return {
                "Requests": sum(stream.requests for stream in streams),
                "RecordsLanded": sum(stream.landed for stream in streams if stream.sequence),
                "RefusedFiles": sum(len(stream.refused) for stream in streams),
            }
        case "normalise":
            counts = found.entities.values()
            landed, bad = sum(count.landed for count in counts), sum(count.quarantined for count in counts)
            share = 100 * bad / landed if landed else 0.0
            return {"RecordsNormalised": landed - bad, "RecordsQuarantined": bad, "QuarantinedPercent": share}
        case "load":
            tables = [table for applied in found.applied for table in applied.tables.values()]
            fed = [table for table in tables if table.copied is not None]
            return {
                "LoadsApplied": len(found.applied),
                "RowsInserted": sum(table.inserted for table in fed),
                "RowsUpdated": sum(table.updated for table in fed),
            }
        case "export":
            return {"DaysExported": len(found.written)}
    return {}
