"""The jobs of a workflow run as AWS starts them: scripts of the built wheel, processes of their own, moto for AWS."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from orchestration.glue.metrics import OF_EACH_JOB, told_of
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from sandbox.wistia.server import serve
from sandbox.wistia.simulator import Simulator
from tests.glue_home import start_script, unpacked_wheel
from tests.storage import Storage, storage

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
AS_OF = "2026-01-08T02:00:00Z"
PRIVACY_KEY = "0123456789abcdef" * 4


@dataclass
class Account:
    """An account of AWS with what a deployment leaves there, and one day's run of the chain."""

    server: Storage
    simulator: Simulator
    packages: Path
    home: Path
    bucket: str
    ended: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.server.endpoint_url)  # type: ignore[call-overload]

    def start_run(self, **properties: str) -> list[str]:
        """Start a run of the workflow; return what Glue adds to the arguments of its jobs."""
        run = self.client("glue").start_workflow_run(Name="daily", RunProperties=properties)["RunId"]
        return ["--WORKFLOW_NAME", "daily", "--WORKFLOW_RUN_ID", run]

    def start(self, job: str, *arguments: str) -> Any:
        ours = ["--config", f"s3://{self.bucket}/configuration/reelhouse.yaml", "--environment", "test"]
        return start_script(job, [*ours, *arguments], self.packages, self.server, self.home)

    def report(self, flow: list[str]) -> Any:
        properties = self.client("glue").get_workflow_run_properties(Name="daily", RunId=flow[3])["RunProperties"]
        body = self.client("s3").get_object(Bucket=self.bucket, Key=f"runs/{properties['run_id']}.json")["Body"]
        return json.loads(body.read())


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    home = tmp_path_factory.mktemp("jobs")
    with storage() as server, serve(InventedAccount(small(visitors=60, events=40))) as simulator:
        made = Account(server, simulator, unpacked_wheel(home / "dist"), home, server.create())
        for name, text in (("wistia", simulator.token), ("privacy", PRIVACY_KEY)):
            made.client("secretsmanager").create_secret(Name=f"reelhouse/test/{name}", SecretString=text)
        configuration = f"""\
wistia: {{base_url: "{simulator.base_url}", requests_per_minute: 1000000}}
lake: "s3://{made.bucket}"
s3: {{endpoint_url: "{server.endpoint_url}"}}
warehouse: "sandbox:{home}/warehouse"
secrets: {{wistia_token: reelhouse/test/wistia, privacy_key: reelhouse/test/privacy}}
"""
        s3 = made.client("s3")
        s3.put_object(Bucket=made.bucket, Key="configuration/reelhouse.yaml", Body=configuration.encode())
        made.client("glue").create_workflow(Name="daily")
        yield made


@pytest.fixture(scope="module")
def flow(account: Account) -> list[str]:
    flow = account.start_run(as_of=AS_OF)
    for job in ("extract", "normalise", "load", "export"):
        account.ended[job] = account.start(job, *flow)
    return flow


def lines(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_job_of_the_chain_succeeds_and_its_logs_are_json_lines(account: Account, flow: list[str]) -> None:
    for job, ended in account.ended.items():
        assert ended.returncode == 0, (job, ended.stderr)
        events = [line["event"] for line in lines(ended.stderr)]
        assert events[0] == "job.started"
        assert events[-1] == "job.ended"


def test_the_run_has_one_name_one_instant_and_one_report(account: Account, flow: list[str]) -> None:
    report = account.report(flow)
    properties = account.client("glue").get_workflow_run_properties(Name="daily", RunId=flow[3])["RunProperties"]
    assert {properties[job] for job in account.ended} == {"succeeded"}
    assert report["run_id"].startswith("20260108T020000Z-")
    assert report["as_of"] == "2026-01-08T02:00:00.000000Z"
    assert report["outcome"] == "published"
    assert report["error"] is None
    assert list(report["jobs"]) == ["extract", "normalise", "load", "export"]
    assert all(used["seconds"] > 0 and used["dpus"] == 2 for used in report["jobs"].values())
    assert report["jobs"]["extract"]["s3"]["PutObject"] > 5
    streams = {stream["stream"]: stream["landed"] for stream in report["extraction"]["streams"]}
    assert streams["wistia/visitors"] == 60
    (applied,) = report["load"]["applied"]
    assert applied["tables"]["core.dim_visitor"]["inserted"] == 60


def test_metrics_go_out_with_what_was_done(account: Account, flow: list[str]) -> None:
    told = {
        job: [line for line in lines(ended.stdout) if line and "_aws" in line] for job, ended in account.ended.items()
    }
    finished = told["load"].pop()
    assert (finished["Finished"], finished["Workflow"], finished["Environment"]) == (1, "daily", "test")
    assert finished["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Environment", "Workflow"]]
    assert all(line["Failed"] == 0 and line["Environment"] == "test" for (line,) in told.values())
    for job, (line,) in told.items():
        names = tuple(metric["Name"] for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"])
        assert names == (OF_EACH_JOB if job == "export" else told_of(job)), "without StreamPulse nothing is exported"
    assert told["extract"][0]["RecordsLanded"] > 60
    assert told["normalise"][0]["QuarantinedPercent"] == 0
    assert told["load"][0]["RowsInserted"] > 60
    assert 0 <= told["load"][0]["FreshnessHours"] < 1


def test_a_second_run_at_the_same_instant_has_nothing_new_and_does_not_wake_the_warehouse(
    account: Account, flow: list[str]
) -> None:
    again = account.start_run(as_of=AS_OF)
    for job in ("extract", "normalise", "load"):
        ended = account.start(job, *again)
        assert ended.returncode == 0, ended.stderr
        assert not re.search(r'"event": "(load|warehouse)\.', ended.stderr)
    assert account.report(again)["outcome"] == "nothing new"


def test_a_job_that_fails_says_which_runbook_and_the_report_job_closes_the_run(
    account: Account, flow: list[str]
) -> None:
    secrets = account.client("secretsmanager")
    secrets.update_secret(SecretId="reelhouse/test/wistia", SecretString="planted-token")
    failing = account.start_run(as_of="2026-01-09T02:00:00Z")
    ended = account.start("extract", *failing)
    assert ended.returncode == 3
    assert "Traceback" not in ended.stderr
    assert "planted-token" not in ended.stderr + ended.stdout
    assert lines(ended.stderr)[-1]["runbook"] == "runbooks/extraction-failed.md"
    assert account.start("report", *failing).returncode == 0
    report = account.report(failing)
    assert (report["outcome"], report["failed_job"]) == ("failed", "extract")
    assert "Read all folder and media data" in report["error"]
    secrets.update_secret(SecretId="reelhouse/test/wistia", SecretString=account.simulator.token)


def test_a_job_that_was_killed_is_named_by_the_report_job(account: Account, flow: list[str]) -> None:
    account.simulator.set_clock(datetime(2026, 1, 9, 2, tzinfo=UTC))
    killed = account.start_run(as_of="2026-01-09T02:00:00Z")
    assert account.start("extract", *killed).returncode == 0
    assert account.start("report", *killed).returncode == 0  # normalise was killed without a word
    report = account.report(killed)
    assert (report["outcome"], report["failed_job"]) == ("failed", "normalise")
    assert "runbooks/normalisation-failed.md" in report["error"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--config", "reelhouse.yaml"], "is not the address of an object"),
        (["--source", "streampulse"], "names no source 'streampulse'"),
        (["--as_of", "soon"], "is not an ISO 8601"),
    ],
)
def test_a_job_that_is_started_wrongly_says_so(account: Account, arguments: list[str], says: str) -> None:
    ended = account.start("extract", *arguments)
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
