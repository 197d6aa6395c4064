"""The policies against the calls that the code makes: each job and function works, and botocore tells what it asks.

A right that is missing and a right that nobody used both fail. `policies/unseen.yaml` holds what no test can see.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest

from extract.clock import RunClock
from extract.lake.s3 import S3Lake
from extract.progress import Silent
from orchestration.context import Context
from orchestration.forget import find, record
from orchestration.glue.run_job import read_settings, run_job, with_secrets_of
from orchestration.lambdas.arrivals import handler as arrivals
from orchestration.lambdas.extraction import handler as extraction
from orchestration.lambdas.refresh import handler as refresh
from orchestration.policies import load_policies, load_unseen
from orchestration.sandboxes import open_privacy_key, open_warehouse
from sandbox.streampulse.producer import deliver
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from sandbox.wistia.server import serve
from tests.integration.orchestration.test_refresh import receipt
from tests.quicksight import quicksight
from tests.storage import Storage, storage
from warehouse_sql.query import query

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
AS_OF = datetime(2026, 1, 8, 2, tzinfo=UTC)
ACTIONS = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:HeadObject": "s3:GetObject",
}
PERSONS = """
select 'visitor', min(visitor_id) from restricted.visitor_identity
union all
select 'user', min(user_id) from restricted.user_profile
"""


@dataclass
class Recorder:
    """Which rights the calls of each role took: action and place."""

    artifacts: str
    role: str = ""
    calls: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        asked = f"{service}:{model.name}" + ("Version" if "VersionId" in params else "")
        self.calls.setdefault(self.role, set()).add((ACTIONS.get(asked, asked), self.place(service, params)))

    def place(self, service: str, params: dict[str, Any]) -> str:
        if service == "secretsmanager":
            return str(params["SecretId"]).rpartition("/")[2]
        if service == "glue":
            return "workflows"
        if service == "quicksight":
            return "datasets" if params["DataSetId"].startswith("reelhouse-test-") else params["DataSetId"]
        key = params.get("Key")
        if params["Bucket"] == self.artifacts:
            return "configuration" if key else "artifacts"
        return f"{key.partition('/')[0]}/*" if key else "lake"


class LambdaContext:
    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    home = tmp_path_factory.mktemp("policies")
    with ExitStack() as stack:
        server = stack.enter_context(storage())
        simulator = stack.enter_context(serve(InventedAccount(small(visitors=40, events=30))))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
        lake, artifacts = server.create(), server.create()
        prepare(server, lake, artifacts, simulator.base_url, simulator.token, home)
        found = Recorder(artifacts)
        create = botocore.client.ClientCreator.create_client

        def recorded(*arguments: Any, **named: Any) -> Any:
            client = create(*arguments, **named)
            client.meta.events.register("provide-client-params", found.note)
            return client

        patch.setattr(botocore.client.ClientCreator, "create_client", recorded)
        patch.setenv("RELEASE_CONFIG", f"s3://{artifacts}/configuration/test/1.yaml")
        patch.setenv("RELEASE_WORKFLOW", "flow")
        patch.setenv("RELEASE_ENVIRONMENT", "test")
        patch.setenv("RELEASE_DASHBOARDS", "reelhouse-test")
        patch.setenv("AWS_ENDPOINT_URL_QUICKSIGHT", stack.enter_context(quicksight()).endpoint_url)
        work(found, lake, artifacts)
        yield found


def prepare(server: Storage, lake: str, artifacts: str, base_url: str, token: str, home: Path) -> None:
    secrets = boto3.client("secretsmanager")
    for name, text in (
        ("wistia_token", token),
        ("privacy_key", "0123456789abcdef" * 4),
        ("redshift_password", "planted"),
    ):
        secrets.create_secret(Name=f"reelhouse/test/{name}", SecretString=text)
    configuration = f"""\
wistia: {{base_url: "{base_url}", requests_per_minute: 1000000}}
streampulse: {{settle_seconds: 0}}
lake: "s3://{lake}"
s3: {{endpoint_url: "{server.endpoint_url}"}}
warehouse: "sandbox:{home}/warehouse"
quarantine: {{max_share: 1.0}}
secrets:
  wistia_token: reelhouse/test/wistia_token
  privacy_key: reelhouse/test/privacy_key
  redshift_password: reelhouse/test/redshift_password
"""
    boto3.client("s3").put_object(Bucket=artifacts, Key="configuration/test/1.yaml", Body=configuration.encode())
    drop(lake, AS_OF)
    boto3.client("glue").create_workflow(Name="flow")


def drop(lake: str, as_of: datetime) -> None:
    deliver(S3Lake(lake), "landing/streampulse/", as_of, users=30, titles=10, playbacks=40, days=2)


def work(found: Recorder, lake: str, artifacts: str) -> None:
    ours = ["--config", f"s3://{artifacts}/configuration/test/1.yaml", "--environment", "test"]
    found.role = "arrivals"
    assert arrivals({"Records": [{"messageId": "1", "body": "{}"}]}, None) == {"batchItemFailures": []}
    run_flow(found, ours, AS_OF, "extract", "normalise", "load", "export", "export", "report")
    found.role = "arrivals"  # a second time: what is taken is asked of the manifests
    arrivals({"Records": [{"messageId": "1", "body": "{}"}]}, None)
    found.role = "warehouse"
    assert run_job("warehouse", ["script.py", *ours, "--as_of", AS_OF.isoformat()]) == 0
    found.role = "nobody"
    drop(lake, AS_OF + timedelta(days=1))
    found.role = "extraction"
    assert extraction({"time": "2026-01-08T02:00:00Z"}, LambdaContext())["workflow_run"]
    found.role = "refresh"
    assert refresh({"Records": [receipt(datetime.now(UTC))]}, None)["batchItemFailures"]
    found.role = "nobody"
    ask_to_forget(artifacts)
    drop(lake, AS_OF + timedelta(days=2))
    run_flow(found, ours, AS_OF + timedelta(days=2), "extract", "normalise", "load", "export", "report")


def run_flow(found: Recorder, ours: list[str], as_of: datetime, *jobs: str) -> None:
    run = boto3.client("glue").start_workflow_run(Name="flow", RunProperties={"as_of": as_of.isoformat()})["RunId"]
    for job in jobs:
        found.role = job
        assert run_job(job, ["script.py", *ours, "--WORKFLOW_NAME", "flow", "--WORKFLOW_RUN_ID", run]) == 0, job


def ask_to_forget(artifacts: str) -> None:
    """Record that a visitor and a user are to be forgotten: that is left for the next load to bring to its end."""
    settings = with_secrets_of("warehouse", read_settings(f"s3://{artifacts}/configuration/test/1.yaml"))
    context = Context.given(settings, RunClock(AS_OF), "forget")
    persons = query(open_warehouse(context.settings, context.secrets), PERSONS).rows
    traces = find(context, Silent(), [(subject, text) for subject, text in persons])
    assert traces.records.keys() >= {"wistia/visitors", "streampulse/user_profiles"}, traces.records.keys()
    record(context, open_privacy_key(context.settings, context.secrets), traces)


@pytest.mark.parametrize("role", load_policies())
def test_each_role_may_do_what_its_code_does_and_nothing_else(recorder: Recorder, role: str) -> None:
    declared = {(action, place) for action, places in load_policies()[role].items() for place in places}
    excused = {(action, place) for action, places in load_unseen().get(role, {}).items() for place in places}
    used = recorder.calls[role]
    assert sorted(used - declared - excused) == [], "rights that are missing"
    assert sorted(declared - used) == [], "rights that nobody used"
