"""The template: clean, whole, made from the declaration, and keeping what must not be lost."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from extract.clock import RunClock
from extract.lake import DirectoryLake
from orchestration.cron import parse_schedule
from orchestration.glue.metrics import NAMESPACE, OF_EACH_WORKFLOW, told_of
from orchestration.infrastructure.template import HOME, template, warehouse_policy
from orchestration.pipeline_file import RUNBOOKS, load_pipeline, script_of
from orchestration.policies import load_policies, load_unseen, policy_document
from spark.contracts import load_contracts
from warehouse_sql.export import day_folder, unload_statement
from warehouse_sql.ledger import write_receipt
from warehouse_sql.set_aside import set_aside
from warehouse_sql.staging import copy_statement

KEPT = {"Lake", "LakePolicy", "WistiaToken", "RedshiftPassword", "PrivacyKey", "Namespace"}
NO_NAMES = {  # what IAM itself knows no resource for, or no name before it is made (Service Authorization Reference)
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
}


@cache
def made() -> dict[str, Any]:
    return template()


def of_type(kind: str) -> dict[str, Any]:
    return {name: item for name, item in made()["Resources"].items() if item["Type"] == f"AWS::{kind}"}


def lint(folder: Path, document: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
    (folder / "template.json").write_text(json.dumps(document))
    command = [str(Path(sys.executable).parent / "cfn-lint"), "-r", "eu-west-1", "-t", str(folder / "template.json")]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.long
def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    ended = lint(tmp_path, made())
    assert (ended.returncode, ended.stdout) == (0, "")
    spoiled = json.loads(json.dumps(made()))
    spoiled["Resources"]["JobExtract"]["Properties"]["Workers"] = 2
    assert "Workers" in lint(tmp_path, spoiled).stdout


def test_there_is_a_job_for_each_job_and_a_workflow_for_each_workflow() -> None:
    declared = load_pipeline()
    jobs = {item["Properties"]["Name"]["Fn::Sub"]: item["Properties"] for item in of_type("Glue::Job").values()}
    assert set(jobs) == {f"reelhouse-${{Environment}}-{name}" for name in declared.jobs}
    assert len(of_type("Glue::Workflow")) == len(declared.workflows)
    for name, job in declared.jobs.items():
        found = jobs[f"reelhouse-${{Environment}}-{name}"]
        assert (found["WorkerType"], found["NumberOfWorkers"]) == (job.worker_type, job.workers)
        assert (found["Timeout"], found["MaxRetries"], found["GlueVersion"]) == (job.timeout, job.retries, "5.1")
        assert found["Command"]["ScriptLocation"]["Fn::Sub"].endswith(f"/{script_of(name)}")
        assert ("Connections" in found) == (job.network == "warehouse")
        assert "--no-index" in found["DefaultArguments"].values()


def edges(workflow: str) -> Iterator[tuple[str, str, str]]:
    """Yield what starts which job on what, in one workflow."""
    for trigger in of_type("Glue::Trigger").values():
        properties = trigger["Properties"]
        if properties["WorkflowName"]["Ref"] == f"Workflow{workflow.title()}" and properties["Type"] == "CONDITIONAL":
            for condition in properties["Predicate"]["Conditions"]:
                for action in properties["Actions"]:
                    yield condition["JobName"]["Ref"], condition["State"], action["JobName"]["Ref"]


@pytest.mark.parametrize("name", load_pipeline().workflows)
def test_the_triggers_form_the_declared_graph(name: str) -> None:
    declared = load_pipeline()
    flow = declared.workflows[name]
    chain = {
        (f"Job{need.title()}", "SUCCEEDED", f"Job{job.title()}")
        for job in flow.jobs
        for need in declared.jobs[job].needs
    }
    failures = {
        (f"Job{job.title()}", state, "JobReport") for job in flow.jobs for state in ("FAILED", "TIMEOUT", "STOPPED")
    }
    assert set(edges(name)) == chain | failures


def test_schedules_are_those_declared_and_cron_can_be_read() -> None:
    found = {
        item["Properties"]["WorkflowName"]["Ref"]: item["Properties"]
        for item in of_type("Glue::Trigger").values()
        if item["Properties"]["Type"] == "SCHEDULED"
    }
    assert found["WorkflowDaily"]["Schedule"] == "cron(0 2 * * ? *)"
    assert found["WorkflowStreampulse"]["Schedule"] == "cron(30 20 * * ? *)"
    assert found["WorkflowStreampulse"]["Actions"][0]["Arguments"] == {"--source": "streampulse"}
    for properties in found.values():
        parse_schedule(properties["Schedule"])
        assert properties["StartOnCreation"] is True


def test_every_conditional_trigger_is_active_from_the_start() -> None:
    """A trigger that is only made and not started fires never."""
    kinds = {item["Properties"]["Type"]: item["Properties"] for item in of_type("Glue::Trigger").values()}
    assert kinds["CONDITIONAL"]["StartOnCreation"] is True


def test_what_holds_data_is_kept_when_the_stack_goes_or_replaces_it() -> None:
    for name in KEPT:
        item = made()["Resources"][name]
        assert (item["DeletionPolicy"], item["UpdateReplacePolicy"]) == ("Retain", "Retain"), name


def test_the_lake_is_private_versioned_encrypted_and_over_tls_alone() -> None:
    lake = made()["Resources"]["Lake"]["Properties"]
    assert lake["VersioningConfiguration"] == {"Status": "Enabled"}
    assert set(lake["PublicAccessBlockConfiguration"].values()) == {True}
    (denied,) = made()["Resources"]["LakePolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    (uploads, *_) = lake["LifecycleConfiguration"]["Rules"]
    assert uploads["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_no_action_is_a_pattern_and_only_what_has_no_name_is_allowed_on_everything() -> None:
    for role in load_policies():
        for statement in policy_document(role)["Statement"]:
            assert not [action for action in statement["Action"] if "*" in action]
            if "*" in statement["Resource"]:
                assert set(statement["Action"]) <= NO_NAMES


def test_each_job_has_a_role_of_its_own_and_reads_its_own_secrets_alone() -> None:
    declared = load_pipeline()
    assert declared.jobs.keys() <= load_policies().keys()
    assert load_unseen().keys() <= load_policies().keys()
    roles = {item["Properties"]["Role"]["Fn::GetAtt"][0] for item in of_type("Glue::Job").values()}
    assert len(roles) == len(declared.jobs)
    for name, job in declared.jobs.items():
        assert sorted(load_policies()[name].get("secretsmanager:GetSecretValue", [])) == sorted(job.secrets)


def test_the_role_of_the_warehouse_follows_from_its_statements() -> None:
    """What COPY reads and UNLOAD writes, as the statements name it, is allowed; nothing else of the lake is."""
    from datetime import date

    lake = DirectoryLake(Path("/"), "LAKE")
    contract = next(iter(load_contracts().values()))
    key = f"staging/{contract.entity}/load=000000000001/run=r/copy.manifest"
    copied = re.findall(r"s3://LAKE/[^']*", copy_statement(contract, lake.url(key)))
    unloaded = re.findall(
        r"s3://LAKE/[^']*", unload_statement(date(2026, 1, 8), lake.url(day_folder(date(2026, 1, 8))))
    )
    assert len(copied) == len(unloaded) == 1
    allowed = {
        (action, place["Fn::Sub"].partition("${Lake}")[2])
        for statement in warehouse_policy()["Statement"]
        for action in statement["Action"]
        for place in statement["Resource"]
    }
    needed = set()
    for url, actions in ((copied[0], ["s3:GetObject"]), (unloaded[0], ["s3:GetObject", "s3:PutObject"])):
        (place,) = {
            p for _, p in allowed if p.endswith("/*") and f"/{url.removeprefix('s3://LAKE/')}".startswith(p[:-1])
        }
        needed |= {(action, place) for action in actions}
    assert allowed == needed | {("s3:ListBucket", ""), ("s3:GetBucketLocation", "")}


def test_each_alarm_names_a_runbook_that_is_there() -> None:
    for name, alarm in of_type("CloudWatch::Alarm").items():
        text = alarm["Properties"]["AlarmDescription"]
        runbook = re.search(r"orchestration/runbooks/([a-z-]+)\.md", text)
        assert name == "ArrivalsStuck" or (runbook and (RUNBOOKS / f"{runbook[1]}.md").is_file()), text


def test_what_alarms_and_the_dashboard_watch_is_told() -> None:
    told = {("Job", job, name) for job in load_pipeline().jobs for name in told_of(job)}
    told |= {("Workflow", flow, name) for flow in load_pipeline().workflows for name in OF_EACH_WORKFLOW}
    watched = set()
    for alarm in of_type("CloudWatch::Alarm").values():
        properties = alarm["Properties"]
        if properties.get("Namespace") == NAMESPACE:
            (of,) = (each for each in properties["Dimensions"] if each["Name"] != "Environment")
            value = of["Value"]["Ref"].removeprefix("Workflow").lower() if of["Name"] == "Workflow" else of["Value"]
            watched.add((of["Name"], value, properties["MetricName"]))
    (board,) = of_type("CloudWatch::Dashboard").values()
    for widget in json.loads(board["Properties"]["DashboardBody"]["Fn::Sub"])["widgets"]:
        for namespace, name, *dimensions in widget["properties"]["metrics"]:
            assert (namespace, dimensions[:2]) == (NAMESPACE, ["Environment", "${Environment}"])
            watched.add((dimensions[2], dimensions[3], name))
    assert len(watched) > 10
    assert watched - told == set()


def test_the_environments_give_every_parameter_that_is_theirs() -> None:
    environments = yaml.safe_load((HOME / "environments.yaml").read_text())
    assert set(environments) == {"dev", "staging", "production"}
    given = {"".join(word.title() for word in name.split("_")) for name in environments["dev"]}
    told = {"Environment", "Release", "Version", "ArtifactsBucket", "Dashboards", "Secrets", "Streampulse", "Boundary"}
    assert all(values.keys() == environments["dev"].keys() for values in environments.values())
    assert given | told == set(made()["Parameters"])


def test_the_dashboards_are_told_of_receipts_of_loads_and_of_nothing_else(tmp_path: Path) -> None:
    pattern = of_type("Events::Rule")["ReceiptsRule"]["Properties"]["EventPattern"]
    (prefix,) = (each["prefix"] for each in pattern["detail"]["object"]["key"])
    lake, warehouse = DirectoryLake(tmp_path, "lake"), "redshift://reelhouse@host:5439/reelhouse"
    write_receipt(lake, warehouse, 17, "run")
    set_aside(lake, warehouse, 18, "it can never succeed", RunClock(), "run")
    assert [info.key.rpartition("/")[2] for info in lake.list_after(prefix)] == ["000000000017.json"]


def test_nothing_that_is_always_there_needs_what_is_only_there_with_dashboards() -> None:
    resources = made()["Resources"]
    optional = {name for name, item in resources.items() if item.get("Condition") == "HasDashboards"}
    assert {"DashboardsConnection", "RefreshFunction", "RefreshRole", "ReceiptsRule", "DashboardsOld"} <= optional
    for name in resources.keys() - optional:
        named = set(re.findall(r'"(?:Ref|Fn::GetAtt)": \[?"(\w+)"', json.dumps(resources[name])))
        assert not named & optional, name
