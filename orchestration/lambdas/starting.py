"""Starting a workflow of Glue. The only asker of Glue in a function."""

from collections.abc import Mapping

from boto3.session import Session
from botocore.exceptions import BotoCoreError, ClientError

from extract.errors import ReelhouseError

UNDER_WAY = "ConcurrentRunsExceededException"


def start_workflow(name: str, properties: Mapping[str, str]) -> str | None:
    """Start a run; return its id, None where one is under way already.

    Raises:
        ReelhouseError: Glue refuses or is in trouble.
    """
    try:
        answer = Session().client("glue").start_workflow_run(Name=name, RunProperties=dict(properties))
    except (BotoCoreError, ClientError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        if code == UNDER_WAY:
            return None
        raise ReelhouseError(
            f"the workflow {name} could not be started ({code}). Nothing is lost: the next schedule takes what waits; "
            "the function's role needs glue:StartWorkflowRun on it"
        ) from None
    return str(answer["RunId"])
