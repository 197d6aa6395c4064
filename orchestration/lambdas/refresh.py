"""A load that is published has the dashboards read again: at most once an hour, and until they show it.

A load leaves its receipt in the lake when its transaction and its checks are over; S3 tells of it, and a queue gathers.
What QuickSight has read since is asked of QuickSight: so a receipt that is told twice or late starts nothing that is
not needed, and a load that came too soon after another comes back, as does one whose refresh failed.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dashboards.quicksight import refresh
from extract.clock import parse_instant
from extract.errors import ReelhouseError
from extract.settings import dashboards_of_function

# QuickSight takes five such requests a second ("ListIngestions", Amazon QuickSight API Reference).
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 8})


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda gives two
    """Answer a batch of SQS messages, each an EventBridge event of a receipt in the lake.

    Returns:
        The messages that must come back, as `ReportBatchItemFailures` reads it: all, until every dataset shows the
        newest of the loads.

    Raises:
        ReelhouseError: QuickSight refuses or is in trouble; Lambda gives the batch back to the queue.
    """
    told = [json.loads(message["body"]) for message in event["Records"]]
    newest = max(told, key=lambda receipt: parse_instant(receipt["time"]))
    try:
        client = Session().client("quicksight", config=_PATIENT)
        old = refresh(
            client, newest["account"], dashboards_of_function(), parse_instant(newest["time"]), datetime.now(UTC)
        )
    except (BotoCoreError, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise ReelhouseError(
            f"QuickSight could not be asked to read again ({code}). The warehouse has the load, and the message comes "
            "back; see runbooks/dashboards-old.md"
        ) from None
    print(json.dumps({"event": "refresh", "loaded_at": newest["time"], "loads": len(told), "do_not_show_it": old}))
    return {"batchItemFailures": [{"itemIdentifier": message["messageId"]} for message in event["Records"] if old]}
