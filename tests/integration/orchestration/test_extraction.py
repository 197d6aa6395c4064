"""The function that extracts, as Lambda calls it: a source that refuses does not hold up the other."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest

from orchestration.lambdas.extraction import handler
from sandbox.wistia.invented import InventedAccount
from sandbox.wistia.profile import small
from sandbox.wistia.server import serve
from tests.integration.orchestration.test_policies import LambdaContext, prepare
from tests.storage import storage

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
EVENT = {"time": "2026-01-08T02:00:00Z"}


def test_a_source_that_refuses_does_not_hold_up_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with storage() as server, serve(InventedAccount(small(visitors=10, events=5))) as simulator:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
        lake, artifacts = server.create(), server.create()
        prepare(server, lake, artifacts, simulator.base_url, "planted-token", tmp_path)
        for name, value in (
            ("CONFIG", f"s3://{artifacts}/configuration/test/1.yaml"),
            ("WORKFLOW", "flow"),
            ("ENVIRONMENT", "test"),
        ):
            monkeypatch.setenv(f"RELEASE_{name}", value)
        answer = handler(EVENT, LambdaContext())
        properties = boto3.client("glue").get_workflow_run_properties(Name="flow", RunId=answer["workflow_run"])
        report = read_report(lake, answer["run_id"])
    assert properties["RunProperties"]["run_id"] == answer["run_id"]
    assert properties["RunProperties"]["extract"] == "refused", "the proof of a deployment counts it"
    assert "Read all folder and media data" in report["refused"]
    assert report["jobs"]["extract"]["job_run"] == "request"
    assert report["jobs"]["extract"]["s3"]["PutObject"] > 0
    landed = {stream["stream"]: stream["landed"] for stream in report["extraction"]["streams"]}
    assert landed["streampulse/user_profiles"] > 0
    output = capsys.readouterr().out
    (told,) = [json.loads(line) for line in output.splitlines() if "_aws" in line]
    assert (told["Environment"], told["Job"], told["RefusedSources"], told["Failed"]) == ("test", "extract", 1, 0)
    assert "planted-token" not in output


def read_report(lake: str, run_id: str) -> Any:
    return json.loads(boto3.client("s3").get_object(Bucket=lake, Key=f"runs/{run_id}.json")["Body"].read())
