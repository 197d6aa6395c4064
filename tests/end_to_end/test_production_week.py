"""Production mode: seven days of the deployed shape, from the template to the tables.

The triggers of the rendered template fire on a simulated clock and start scripts of the built wheel, processes of their
own with Glue's arguments; S3, Glue's run properties and Secrets Manager are moto's, the warehouse is the Redshift
endpoint, the API is hostile. One day fails, the next recovers. `-s` shows the report of the week.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from extract.clock import format_instant
from extract.lake.s3 import S3Lake
from orchestration.context import Context, Options
from orchestration.cron import parse_schedule
from orchestration.infrastructure.template import template
from orchestration.sandboxes import open_warehouse
from sandbox.glue import FAILED, SUCCEEDED, Run, Start, Workflows
from sandbox.streampulse.producer import deliver
from sandbox.wistia.api import Manners
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from sandbox.wistia.server import serve
from sandbox.wistia.simulator import Simulator
from sandbox.wistia.weather import rough
from tests.conftest import house
from tests.glue_home import glue_adds, unpacked_wheel, variables_of
from tests.storage import Storage, storage
from warehouse_sql.query import query

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
START = datetime(2026, 1, 8, tzinfo=UTC)
DAYS = 7
BAD_DAY = START + timedelta(days=3)
BURST = START + timedelta(days=5, hours=14)
FILES = {"users": 60, "titles": 20, "playbacks": 60, "days": 3}
ENVIRONMENT, RELEASE = "test", "0123456789abcdef"
TIMED_OUT = "TIMEOUT"
HEADINGS = """\
| instant (UTC) | workflow | jobs | outcome | landed | inserted | updated | seconds |
|---|---|---|---|---|---|---|---|"""
CONFIGURATION = """\
wistia: {{base_url: "{base_url}", requests_per_minute: 1000000, timeout: 2}}
streampulse: {{settle_seconds: 0}}
lake: "s3://{lake}"
s3: {{endpoint_url: "{endpoint_url}"}}
warehouse: "sandbox:{home}/warehouse"
quarantine: {{max_share: 1.0}}
secrets:
  wistia_token: reelhouse/test/wistia_token
  privacy_key: reelhouse/test/privacy_key
  redshift_password: reelhouse/test/redshift_password
"""


def account() -> InventedAccount:
    return InventedAccount(small(visitors=200, events=150))


@dataclass
class Production:
    """An account of AWS after a deployment, and the clock of its week."""

    server: Storage
    simulator: Simulator
    home: Path
    packages: Path
    lake: str
    workflows: Workflows
    runs: list[tuple[datetime, Run, dict[str, Any]]] = field(default_factory=list)
    strike: str = ""
    """The job that is killed where it starts next, as Glue ends one that takes too long."""

    def client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self.server.endpoint_url)  # type: ignore[call-overload]

    def put_token(self, token: str) -> None:
        self.client("secretsmanager").update_secret(SecretId="reelhouse/test/wistia_token", SecretString=token)

    def drop_files(self, at: datetime) -> None:
        deliver(S3Lake(self.lake, self.server.endpoint_url), "landing/streampulse/", at, **FILES)

    def run(self, at: datetime, workflow: str, run_id: str | None = None) -> None:
        """Run a workflow at an instant, and keep what its report says."""
        self.simulator.set_clock(at)
        glue = self.client("glue")
        if run_id is None:
            run_id = glue.start_workflow_run(Name=workflow)["RunId"]
        glue.put_workflow_run_properties(Name=workflow, RunId=run_id, RunProperties={"as_of": format_instant(at)})
        flow = ["--WORKFLOW_NAME", workflow, "--WORKFLOW_RUN_ID", run_id]
        run = self.workflows.run(workflow, lambda start: self.start(start, flow))
        name = glue.get_workflow_run_properties(Name=workflow, RunId=run_id)["RunProperties"]["run_id"]
        body = self.client("s3").get_object(Bucket=self.lake, Key=f"runs/{name}.json")["Body"].read()
        self.runs.append((at, run, json.loads(body)))

    def start(self, start: Start, flow: list[str]) -> str:
        """Start a job as Glue does: a process with the job's arguments, and those that Glue adds."""
        script = self.packages / "orchestration" / "glue" / "scripts" / start.script
        command = [sys.executable, str(script), *glue_adds(start.job, f"jr_{start.attempt}"), *start.arguments, *flow]
        environment = variables_of(self.packages, self.server)
        process = subprocess.Popen(
            command, cwd=self.home, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        if self.strike and start.job.endswith(self.strike):
            process.kill()
        said = process.communicate()[1]
        assert "Traceback" not in said, said
        if process.returncode < 0:
            self.strike = ""
            return TIMED_OUT
        return SUCCEEDED if process.returncode == 0 else FAILED

    def arrive(self, at: datetime) -> str | None:
        """Drop files, and hand the function what the queue has gathered of them; return the run that it started."""
        self.drop_files(at)
        event = {"Records": [{"messageId": str(number), "body": "{}"} for number in range(12)]}
        program = f"from orchestration.lambdas.arrivals import handler; handler({event!r}, None)"
        variables = variables_of(self.packages, self.server) | {
            "RELEASE_CONFIG": f"s3://artifacts/configuration/{ENVIRONMENT}/{RELEASE}.yaml",
            "RELEASE_WORKFLOW": "reelhouse-test-streampulse",
            "RELEASE_ENVIRONMENT": ENVIRONMENT,
        }
        command = [sys.executable, "-c", program]
        ended = subprocess.run(command, cwd=self.home, env=variables, capture_output=True, text=True, check=True)
        answer = json.loads(ended.stdout)
        return str(answer["run"]) if answer["said"] == "started" else None

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        (self.home / "reelhouse.yaml").write_text(self.configuration)
        context = Context(Options(home=self.home))
        return [tuple(row) for row in query(open_warehouse(context.settings, context.secrets), statement).rows]

    @property
    def configuration(self) -> str:
        base_url, url = self.simulator.base_url, self.server.endpoint_url
        return CONFIGURATION.format(base_url=base_url, lake=self.lake, endpoint_url=url, home=self.home)


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    home = tmp_path_factory.mktemp("production")
    weather = Manners(weather=rough(0.15, seed=8))
    with storage() as server, serve(account(), weather) as simulator, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
        parameters = {
            "Environment": ENVIRONMENT,
            "Release": RELEASE,
            "Version": "0.1.0",
            "ArtifactsBucket": "artifacts",
        }
        pseudo = {"AWS::AccountId": "123456789012", "AWS::Region": "us-east-1", "AWS::Partition": "aws"}
        workflows = Workflows(template(), parameters | pseudo, frozenset({"ExtractsWithGlue", "ReadsStreampulse"}))
        lake = server.create("reelhouse-test-lake-123456789012")
        made = Production(server, simulator, home, unpacked_wheel(home / "dist"), lake, workflows)
        server.create("artifacts")
        key = f"configuration/{ENVIRONMENT}/{RELEASE}.yaml"
        made.client("s3").put_object(Bucket="artifacts", Key=key, Body=made.configuration.encode())
        secrets = {
            "wistia_token": simulator.token,
            "privacy_key": "0123456789abcdef" * 4,
            "redshift_password": "planted",
        }
        for name, text in secrets.items():
            made.client("secretsmanager").create_secret(Name=f"reelhouse/test/{name}", SecretString=text)
        for workflow, _ in workflows.schedules():
            made.client("glue").create_workflow(Name=workflow)
        yield made


@pytest.fixture(scope="module")
def week(production: Production) -> Production:
    """Live through the week: every instant at which something fires, in order."""
    end = START + timedelta(days=DAYS)
    fires = sorted(
        (instant, workflow)
        for workflow, schedule in production.workflows.schedules()
        for instant in parse_schedule(schedule).fires(START, end)
    )
    print("\n" + HEADINGS, flush=True)
    for instant, workflow in sorted([*fires, (BURST, "arrivals")]):
        is_bad = instant.date() == BAD_DAY.date()
        production.put_token("revoked" if is_bad else production.simulator.token)
        if workflow == "arrivals":
            run_id = production.arrive(instant)
            production.run(instant, "reelhouse-test-streampulse", run_id)
            print(told(production), flush=True)
            continue
        production.drop_files(instant)
        production.strike = "normalise" if is_bad and workflow.endswith("streampulse") else ""
        production.run(instant, workflow)
        print(told(production), flush=True)
    return production


def told(production: Production) -> str:
    """Return the row of the run that was the last."""
    at, run, report = production.runs[-1]
    jobs = ", ".join(
        f"{start.job.rpartition('-')[2]}{'' if state == SUCCEEDED else f' {state}'}" for start, state in run.ended
    )
    streams = (report.get("extraction") or {}).get("streams", ())
    loads = (report.get("load") or {}).get("applied", ())
    fed = [table for load in loads for table in load["tables"].values() if table["copied"] is not None]
    counts = (
        sum(stream["landed"] for stream in streams if stream["sequence"]),
        sum(table["inserted"] for table in fed),
        sum(table["updated"] for table in fed),
    )
    figures = " | ".join(f"{count:,}" for count in counts)
    workflow = run.workflow.rpartition("-")[2]
    return f"| {at:%m-%d %H:%M} | {workflow} | {jobs} | {report['outcome']} | {figures} | {report['seconds']:.0f} |"


def of(week: Production, at: datetime, workflow: str) -> tuple[Run, dict[str, Any]]:
    ((run, report),) = [
        (run, report)
        for when, run, report in week.runs
        if when.date() == at.date() and run.workflow.endswith(workflow) and when != BURST
    ]
    return run, report


def states(run: Run) -> list[tuple[str, str]]:
    return [(start.job.rpartition("-")[2], state) for start, state in run.ended]


CHAIN = [(job, SUCCEEDED) for job in ("extract", "normalise", "load", "export")]


def test_each_schedule_fires_each_day(week: Production) -> None:
    assert len(week.runs) == 2 * DAYS + 1
    times = {f"{at:%H:%M}" for at, _, _ in week.runs}
    assert times == {"02:00", "20:30", "14:00"}


def test_on_good_days_the_chain_runs_and_is_published(week: Production) -> None:
    for at, run, report in week.runs:
        if at.date() != BAD_DAY.date():
            assert states(run) == CHAIN, at
            assert report["outcome"] == "published", at


def test_a_refused_token_fails_the_run_takes_the_failure_branch_and_starts_nothing_else(week: Production) -> None:
    run, report = of(week, BAD_DAY, "daily")
    # The files were read although the account refused, so the chain goes on with them; the run is failed at its end.
    assert states(run) in (CHAIN, [("extract", FAILED), ("extract", FAILED), ("report", SUCCEEDED)])
    assert report["outcome"] == "failed"
    assert "Read all folder and media data" in report["error"]


def test_a_job_that_is_killed_stops_what_depends_on_it_and_is_named_in_the_report(week: Production) -> None:
    run, report = of(week, BAD_DAY, "streampulse")
    assert states(run) == [("extract", SUCCEEDED), ("normalise", TIMED_OUT), ("report", SUCCEEDED)]
    assert (report["outcome"], report["failed_job"]) == ("failed", "normalise")
    assert "runbooks/normalisation-failed.md" in report["error"]


def test_the_day_after_recovers_all_of_it(week: Production) -> None:
    run, report = of(week, BAD_DAY + timedelta(days=1), "daily")
    assert states(run) == CHAIN
    assert report["outcome"] == "published"
    landed = {stream["stream"]: stream["landed"] for stream in report["extraction"]["streams"]}
    assert landed["wistia/visitors"] > 0


def test_a_burst_of_files_starts_one_run_and_the_same_events_again_none(week: Production) -> None:
    assert [run.workflow for at, run, _ in week.runs if at == BURST] == ["reelhouse-test-streampulse"]
    assert week.arrive(START) is None


def test_the_tables_are_those_of_one_calm_load_at_the_end(week: Production, tmp_path: Path) -> None:
    last = max(at for at, run, _ in week.runs if run.workflow.endswith("daily"))
    for calm in house(tmp_path, account()):
        calm.run(last)
        for statement in (
            "select count(*), sum(load_count), sum(play_count) from core.dim_visitor where visitor_key > 0",
            "select count(*), round(sum(percent_viewed), 4) from core.fct_viewing_session",
            "select count(*), sum(load_count), sum(play_count) from core.fct_media_day",
        ):
            assert week.query(statement) == calm.query(statement), statement
    assert week.query("select count(*), count(distinct playback_id) from core.fct_playback")[0][0] > 300


def test_the_exports_are_there_for_athena(week: Production) -> None:
    keys = [
        info.key for info in S3Lake(week.lake, week.server.endpoint_url).list_after("analytics/daily_aggregates/year=")
    ]
    assert len(keys) >= DAYS
    assert all(key.endswith(".parquet") or "engagement_" in key for key in keys)
