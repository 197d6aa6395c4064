"""What the jobs of one workflow run tell each other: its name, its instant, and how each job ended.

The only asker of Glue in a job.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from extract.errors import ReelhouseError

RUN_ID, AS_OF = "run_id", "as_of"
REFUSED = "refused"
"""What a job tells of which one source refused while another was read."""
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=10, read_timeout=30)


class RunProperties:
    """The properties of a workflow run; without one nothing is known, and what is told is kept for one that begins.

    Attributes:
        told: what this process has told.
    """

    def __init__(self, workflow: tuple[str, str] | None) -> None:
        """Prepare; ``workflow`` is the name and the id of the run."""
        self.told: dict[str, str] = {}
        self._run = {"Name": workflow[0], "RunId": workflow[1]} if workflow else None
        self._glue = Session().client("glue", config=_PATIENT) if workflow else None

    def read(self) -> dict[str, str]:
        """Return what the jobs before have told.

        Raises:
            ReelhouseError: Glue refuses or is in trouble.
        """
        if self._glue is None or self._run is None:
            return {}
        with _told("read"):
            answer = self._glue.get_workflow_run_properties(**self._run)
            return dict(answer.get("RunProperties", {}))

    def tell(self, properties: dict[str, str]) -> None:
        """Tell the jobs that follow.

        Raises:
            ReelhouseError: Glue refuses or is in trouble.
        """
        self.told |= properties
        if self._glue is not None and self._run is not None:
            with _told("written"):
                self._glue.put_workflow_run_properties(**self._run, RunProperties=properties)


@contextmanager
def _told(verb: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        reason = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        raise ReelhouseError(
            f"the properties of the workflow run could not be {verb} ({reason}). Nothing was done; the role needs "
            "glue:GetWorkflowRunProperties and glue:PutWorkflowRunProperties on its workflows"
        ) from None
