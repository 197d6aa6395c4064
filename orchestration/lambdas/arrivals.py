"""Files that arrive start the StreamPulse run: one for all that a queue has gathered, none for what is taken already.

An event says only that something may have come; what waits is asked of the lake. So an event that comes twice, late or
out of order starts nothing that is not needed, and while a run is under way all of it comes back later.
"""

import json
from collections.abc import Mapping
from typing import Any

from extract.lake import open_lake
from extract.settings import function_settings
from extract.sources.streampulse.waiting import waiting
from orchestration.glue.run_job import read_settings
from orchestration.lambdas.starting import start_workflow
from orchestration.sandboxes import landing_of


def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda gives two
    """Answer a batch of SQS messages, each an EventBridge event of S3.

    Returns:
        The messages that must come back, as `ReportBatchItemFailures` reads it: all, where a run is under way.

    Raises:
        ReelhouseError: lake or Glue are in trouble; Lambda gives the batch back to the queue.
    """
    function = function_settings()
    settings = read_settings(function.config)
    if settings.streampulse is None:
        return _answer("no StreamPulse is configured")
    found = waiting(open_lake(settings.lake, settings.s3.endpoint_url), landing_of(settings.streampulse))
    if not found:
        return _answer("nothing waits", events=len(event["Records"]))
    run = start_workflow(function.workflow, {})
    if run is None:
        back = [message["messageId"] for message in event["Records"]]
        return _answer("a run is under way", back, waiting=len(found))
    return _answer("started", waiting=len(found), run=run, events=len(event["Records"]))


def _answer(said: str, back: list[str] | None = None, **facts: object) -> dict[str, Any]:
    print(json.dumps({"event": "arrivals", "said": said, **facts}))
    return {"batchItemFailures": [{"itemIdentifier": message} for message in back or ()]}
