"""`reelhouse deploy` against an AWS that answers as told: botocore validates every request before it gets there."""
# ruff: noqa: N802 - the methods of Cloud are called as AWS calls its operations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import botocore.client
import pytest
import yaml
from botocore.exceptions import ParamValidationError
from click.testing import CliRunner
from pydantic import ValidationError

import orchestration.deploy.release
from extract.errors import ConfigurationError, DataRefused, ReelhouseError
from orchestration.cli import reelhouse
from orchestration.deploy import steps
from orchestration.deploy.aws import Aws
from orchestration.deploy.changes import in_words
from orchestration.deploy.release import (
    Environment,
    Place,
    Release,
    configuration_of,
    load_environments,
    parameters_of,
    release_of,
)
from orchestration.deploy.steps import Target, target_of
from orchestration.infrastructure.template import template

PLACE = Place("staging", "123456789012", "eu-west-1")
CONFIGURATION = "wistia: {channels: {v08dlrgr7v: Facebook}}\nstreampulse:\n"
SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:reelhouse/staging/dashboard-AbCdEf"
MARKETING = "arn:aws:quicksight:eu-west-1:123456789012:group/default/marketing"
WITH_DASHBOARDS = f"""\
{CONFIGURATION}
quicksight:
  secret: {SECRET}
  readers: [{MARKETING}]
  access: {{marketing: [Facebook]}}
"""
UNCHANGED = "0" * 16
"""A release that is there."""
THERE = Target(UNCHANGED, "0.1.0", f"releases/{UNCHANGED}/template.json", (), streampulse=True)
ASSET = re.compile(
    r"(?P<verb>Create|Update|Describe|Delete|List)(?P<kind>(Data(Source|Set)|Theme|Dashboard|Analys[ie]s)s?)"
)
SINGULAR = {"Analyses": "Analysis"} | {f"{kind}s": kind for kind in ("DataSource", "DataSet", "Theme", "Dashboard")}
Answer = Callable[[dict[str, Any]], Any]


@dataclass
class Cloud:
    """What AWS answers, by operation, and what it was asked."""

    objects: dict[str, bytes] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    status: str | None = "UPDATE_COMPLETE"
    changes: list[Any] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)
    """Of the stack, as the last change set that was executed left them."""
    job: str = "SUCCEEDED"
    failed_actions: int = 0
    told: dict[str, str] = field(default_factory=dict)
    """What the jobs of a run tell each other."""
    proposed: dict[str, str] = field(default_factory=dict)
    dashboards: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """What QuickSight holds, by kind and id."""

    def operations(self) -> list[str]:
        return [name for name, _ in self.asked]

    def answer(self, name: str, params: dict[str, Any]) -> Any:
        self.asked.append((name, params))
        if asset := ASSET.fullmatch(name):
            return self.quicksight(asset["verb"], SINGULAR.get(asset["kind"], asset["kind"]), params)
        return self.answers[name](params) if name in self.answers else getattr(self, name, lambda _: {})(params)

    def quicksight(self, verb: str, kind: str, params: dict[str, Any]) -> Any:
        key, summaries = f"{kind}Id", f"{kind}s" if kind == "DataSource" else f"{kind}Summaries"
        if verb == "List":
            listed = [{key: id_} for of, id_ in self.dashboards if of == kind]
            return dict.fromkeys((summaries, f"{kind}SummaryList"), listed)
        place = (kind, params[key])
        if verb == "Create" and place in self.dashboards:
            return 409, {"Error": {"Code": "ResourceExistsException", "Message": "there"}}
        if verb in {"Create", "Update"}:
            self.dashboards[place] = params
        if verb == "Delete":
            del self.dashboards[place]
        status = "CREATION_SUCCESSFUL"
        return {kind: {"Status": status, "Version": {"Status": status, "VersionNumber": 2}}}

    def GetCallerIdentity(self, _: Any) -> Any:
        return {"Account": "123456789012"}

    def PutObject(self, params: dict[str, Any]) -> Any:
        if params["Key"] in self.objects:
            return 412, {"Error": {"Code": "PreconditionFailed", "Message": "there"}}
        body = params["Body"]
        self.objects[params["Key"]] = body if isinstance(body, bytes) else body.read()
        return {}

    def HeadObject(self, params: dict[str, Any]) -> Any:
        return {"ChecksumSHA256": b64encode(sha256(self.objects[params["Key"]]).digest()).decode()}

    def GetObject(self, params: dict[str, Any]) -> Any:
        if params["Key"] == f"configuration/staging/{UNCHANGED}.yaml":
            return {"Body": BytesIO(configuration_of(PLACE, CONFIGURATION, "reelhouse.yaml").encode())}
        return {"Body": BytesIO(self.objects[params["Key"]])}

    def ListObjectsV2(self, params: dict[str, Any]) -> Any:
        return {"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(params["Prefix"])]}

    def DescribeStacks(self, _: Any) -> Any:
        if self.status is None:
            return 400, {"Error": {"Code": "ValidationError", "Message": "Stack with id reelhouse does not exist"}}
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        return {"Stacks": [{"StackStatus": self.status, "Parameters": parameters}]}

    def DeleteStack(self, _: Any) -> Any:
        self.status = None
        return {}

    def CreateChangeSet(self, params: dict[str, Any]) -> Any:
        self.proposed = {each["ParameterKey"]: each["ParameterValue"] for each in params["Parameters"]}
        return {}

    def ExecuteChangeSet(self, _: Any) -> Any:
        self.parameters = self.proposed
        return {}

    def DescribeChangeSet(self, _: Any) -> Any:
        if not self.changes:
            return {"Status": "FAILED", "StatusReason": "The submitted information didn't contain changes."}
        return {"Status": "CREATE_COMPLETE", "Changes": self.changes}

    def GetWorkgroup(self, _: Any) -> Any:
        return {"workgroup": {"workgroupArn": "arn:aws:redshift-serverless:eu-west-1:123456789012:workgroup/w"}}

    def ListUsageLimits(self, _: Any) -> Any:
        return {"usageLimits": []}

    def StartJobRun(self, _: Any) -> Any:
        return {"JobRunId": "jr_1"}

    def GetJobRun(self, _: Any) -> Any:
        return {"JobRun": {"JobRunState": self.job, "ErrorMessage": "3 of 159 checks failed"}}

    def DescribeSecret(self, _: Any) -> Any:
        return {"VersionIdsToStages": {"1": ["AWSCURRENT"]}}

    def StartWorkflowRun(self, _: Any) -> Any:
        return {"RunId": "wr_1"}

    def GetWorkflowRun(self, _: Any) -> Any:
        statistics = {"SucceededActions": 4, "FailedActions": self.failed_actions, "TimeoutActions": 0}
        return {"Run": {"Status": "COMPLETED", "Statistics": statistics, "WorkflowRunProperties": self.told}}


class Http:
    def __init__(self, status: int) -> None:
        self.status_code = status
        self.headers: dict[str, str] = {}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    made = Cloud()
    create = botocore.client.ClientCreator.create_client

    def answered(*arguments: Any, **named: Any) -> Any:
        client = create(*arguments, **named)
        params: dict[str, Any] = {}
        client.meta.events.register("before-parameter-build", lambda params, model, **_: remember(params, model))

        def remember(given: dict[str, Any], model: Any) -> None:
            params[model.name] = dict(given)

        def answer(model: Any, **_: Any) -> Any:
            found = made.answer(model.name, params[model.name])
            status, body = found if isinstance(found, tuple) else (200, found)
            return Http(status), body

        client.meta.events.register("before-call", answer)
        return client

    monkeypatch.setattr(botocore.client.ClientCreator, "create_client", answered)
    for name, value in (
        ("AWS_DEFAULT_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "k"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
    ):
        monkeypatch.setenv(name, value)
    yield made


def release(**files: bytes) -> Release:
    return release_of({"a.whl": b"wheel", **files}, "{}", configuration_of(PLACE, CONFIGURATION, "reelhouse.yaml"))


def release_with_dashboards() -> Release:
    return release_of({"a.whl": b"wheel"}, "{}", configuration_of(PLACE, WITH_DASHBOARDS, "reelhouse.yaml"))


def change(action: str, kind: str, **more: Any) -> dict[str, Any]:
    described = {"Action": action, "ResourceType": kind, "LogicalResourceId": kind.rpartition(":")[2], **more}
    return {"Type": "Resource", "ResourceChange": described}


def aws() -> Aws:
    return Aws(PLACE, sleep=lambda _: None)


def deployed(cloud: Cloud, made: Release, day: int) -> None:
    steps.upload(aws(), made, lambda _: None)
    steps.remember(aws(), made.hash, made.version, datetime(2026, 1, day, tzinfo=UTC))
    cloud.parameters = {"Release": made.hash}


def test_the_same_content_is_the_same_release_and_any_other_another() -> None:
    assert release().hash == release().hash
    assert len({release().hash, release(b=b"").hash, release(**{"a.whl": b"other"}).hash}) == 3
    assert len(release().hash) == 16


def test_the_configuration_is_the_users_with_the_places_of_the_stack() -> None:
    values = yaml.safe_load(configuration_of(PLACE, CONFIGURATION + "lake: 'file:lake'\n", "reelhouse.yaml"))
    assert values["wistia"]["channels"] == {"v08dlrgr7v": "Facebook"}
    assert values["lake"] == "s3://reelhouse-staging-lake-123456789012"
    assert values["warehouse"].startswith("redshift://reelhouse@reelhouse-staging.123456789012.eu-west-1.redshift-s")
    assert values["secrets"]["wistia_token"] == "reelhouse/staging/wistia_token"
    assert values["engine"] == "spark"


def test_a_sandbox_is_not_deployed() -> None:
    with pytest.raises(ConfigurationError, match="a source is a sandbox"):
        configuration_of(PLACE, "wistia: {base_url: 'sandbox:.'}", "reelhouse.yaml")


def test_every_parameter_of_the_template_is_given() -> None:
    for environment in load_environments():
        place = Place(environment, "123456789012", "eu-west-1")
        given = parameters_of(place, "0" * 16, "0.1.0", dashboards=True, streampulse=True, secrets="made", boundary="")
        assert set(given) == set(template()["Parameters"])


def test_an_upload_goes_under_the_hash_and_twice_is_once(cloud: Cloud) -> None:
    made, said = release(), list[str]()
    for _ in range(2):
        steps.upload(aws(), made, said.append)
    assert f"releases/{made.hash}/a.whl" in cloud.objects
    assert f"configuration/staging/{made.hash}.yaml" in cloud.objects
    assert [line.split(": ")[1][:6] for line in said] == ["1 of 1", "0 of 1"]
    assert all(params["IfNoneMatch"] == "*" for name, params in cloud.asked if name == "PutObject")


def test_what_somebody_else_has_put_under_the_name_of_a_release_is_not_deployed(cloud: Cloud) -> None:
    made = release()
    cloud.objects[f"releases/{made.hash}/a.whl"] = b"planted"
    with pytest.raises(ReelhouseError, match="is not what this checkout builds"):
        steps.upload(aws(), made, lambda _: None)


def test_changes_are_told_in_words_and_losses_first() -> None:
    told = in_words(
        [
            change("Modify", "AWS::Glue::Job", Replacement="False", Details=[{"Target": {"Name": "Timeout"}}]),
            change("Remove", "AWS::RedshiftServerless::Namespace"),
            change("Remove", "AWS::S3::Bucket", PolicyAction="Retain"),
            change("Modify", "AWS::SecretsManager::Secret", Replacement="True", PolicyAction="ReplaceAndRetain"),
        ]
    )
    assert [(item.name, item.words, item.loses_data) for item in told] == [
        ("Namespace", "is removed, and its tables are LOST", True),
        ("Bucket", "is removed, and its objects are kept beside the stack", False),
        ("Job", "is changed (Timeout)", False),
        ("Secret", "is replaced, and its values are kept beside the stack", False),
    ]


def test_a_deployment_does_its_steps_in_order(cloud: Cloud) -> None:
    cloud.changes = [change("Modify", "AWS::Glue::Job", Replacement="False")]
    made, said = release(), list[str]()
    steps.upload(aws(), made, said.append)
    cloud.asked.clear()
    name, changes = steps.propose(aws(), target_of(PLACE, made))
    steps.apply(aws(), name, changes, said.append)
    steps.smoke(aws(), said.append)
    steps.remember(aws(), made.hash, made.version, datetime(2026, 1, 8, tzinfo=UTC))
    wanted = ["CreateChangeSet", "ExecuteChangeSet", "CreateUsageLimit", "StartJobRun", "StartWorkflowRun", "PutObject"]
    assert [name for name in cloud.operations() if name in wanted] == wanted
    asked = dict(cloud.asked)
    assert asked["StartJobRun"] == {"JobName": "reelhouse-staging-warehouse"}
    assert asked["CreateChangeSet"]["TemplateURL"].endswith(f"/releases/{made.hash}/template.json")
    assert asked["CreateUsageLimit"]["amount"] == load_environments()["staging"].daily_rpu_hours


def test_a_first_deployment_makes_the_stack(cloud: Cloud) -> None:
    cloud.status, cloud.changes = None, [change("Add", "AWS::Glue::Job")]
    steps.propose(aws(), THERE)
    assert dict(cloud.asked)["CreateChangeSet"]["ChangeSetType"] == "CREATE"


def test_what_is_as_it_should_be_is_not_executed(cloud: Cloud) -> None:
    name, changes = steps.propose(aws(), THERE)
    assert changes is None
    steps.apply(aws(), name, changes, lambda _: None)
    assert "ExecuteChangeSet" not in cloud.operations()
    assert "DeleteChangeSet" in cloud.operations()


def test_a_warehouse_that_fails_its_checks_stops_the_deployment_and_names_the_runbook(cloud: Cloud) -> None:
    cloud.job = "FAILED"
    with pytest.raises(DataRefused, match=r"3 of 159 checks failed.*runbooks/deploy-failed.md"):
        steps.apply(aws(), "release", None, lambda _: None)
    assert "StartWorkflowRun" not in cloud.operations()


def test_a_smoke_run_that_fails_says_how_to_go_back(cloud: Cloud) -> None:
    cloud.failed_actions = 1
    with pytest.raises(DataRefused, match="reelhouse deploy rollback staging"):
        steps.smoke(aws(), lambda _: None)


def test_a_smoke_run_of_which_a_source_refused_is_no_proof(cloud: Cloud) -> None:
    cloud.told = {"run_id": "r", "extract": "refused", "load": "succeeded"}
    with pytest.raises(DataRefused, match="'RefusedSources': 1"):
        steps.smoke(aws(), lambda _: None)


def test_where_a_function_extracts_the_proof_begins_with_it_and_so_asks_the_source(cloud: Cloud) -> None:
    cloud.parameters = {"ExtractWith": "lambda"}
    cloud.answers["Invoke"] = lambda _: {"Payload": BytesIO(b'{"workflow_run": "wr_7"}')}
    steps.smoke(aws(), lambda _: None)
    asked = dict(cloud.asked)
    assert asked["Invoke"]["FunctionName"] == "reelhouse-staging-extraction"
    assert asked["GetWorkflowRun"]["RunId"] == "wr_7"
    assert "StartWorkflowRun" not in cloud.operations(), "the function has started it"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (
            {"FunctionError": "Unhandled", "Payload": b'{"errorMessage": "the token was refused"}'},
            "the token was refused",
        ),
        ({"Payload": b'{"workflow_run": null}'}, "another run is under way"),
    ],
)
def test_a_function_that_fails_is_no_proof(cloud: Cloud, answer: dict[str, Any], says: str) -> None:
    cloud.parameters = {"ExtractWith": "lambda"}
    cloud.answers["Invoke"] = lambda _: {**answer, "Payload": BytesIO(answer["Payload"])}
    with pytest.raises(ReelhouseError, match=says):
        steps.smoke(aws(), lambda _: None)


def test_a_rollback_goes_to_the_release_before_and_forward_again(cloud: Cloud) -> None:
    first, second = release(), release(b=b"new")
    deployed(cloud, first, 8)
    deployed(cloud, second, 9)
    assert steps.previous(aws()).release == first.hash
    deployed(cloud, first, 10)
    assert steps.previous(aws()).release == second.hash


def test_a_rollback_after_a_proof_that_failed_goes_to_the_last_release_that_was_proved(cloud: Cloud) -> None:
    for day, name in ((8, "old"), (9, "good")):
        deployed(cloud, release(a=name.encode()), day)
    cloud.parameters = {"Release": release(a=b"bad").hash}
    assert steps.previous(aws()).release == release(a=b"good").hash


def test_two_plans_of_a_release_are_not_in_each_others_way(cloud: Cloud) -> None:
    assert steps.propose(aws(), THERE)[0] != steps.propose(aws(), THERE)[0]


def test_a_stack_that_was_never_made_whole_is_told_with_what_to_do(cloud: Cloud) -> None:
    cloud.status = "ROLLBACK_COMPLETE"
    with pytest.raises(ReelhouseError, match=r"never made whole.*reelhouse deploy destroy staging"):
        steps.propose(aws(), THERE)
    assert "CreateChangeSet" not in cloud.operations()


def secrets_are(cloud: Cloud, **states: dict[str, Any] | None) -> None:
    """Let there be these secrets; None where there is none."""
    missing = (400, {"Error": {"Code": "ResourceNotFoundException", "Message": "none"}})
    cloud.answers["DescribeSecret"] = lambda asked: states.get(asked["SecretId"].rpartition("/")[2]) or missing


def proposed_secrets(cloud: Cloud) -> str:
    steps.propose(aws(), THERE)
    given = {
        each["ParameterKey"]: each["ParameterValue"] for each in dict(cloud.asked)["CreateChangeSet"]["Parameters"]
    }
    return str(given["Secrets"])


def test_a_new_stack_makes_its_secrets_or_uses_those_that_an_earlier_one_left(cloud: Cloud) -> None:
    cloud.status = None
    secrets_are(cloud)
    assert proposed_secrets(cloud) == "made"
    there = {"Name": "n"}
    secrets_are(cloud, wistia_token=there, redshift_password=there, privacy_key=there)
    assert proposed_secrets(cloud) == "kept"
    doomed = {"DeletedDate": datetime(2026, 1, 8, tzinfo=UTC)}
    secrets_are(cloud, wistia_token=there, redshift_password=there, privacy_key=doomed)
    with pytest.raises(ConfigurationError, match=r"staging/privacy_key is marked for removal.*restore-secret"):
        steps.propose(aws(), THERE)


def test_without_streampulse_nothing_starts_for_it_in_the_evening(cloud: Cloud) -> None:
    alone = release_of({"a.whl": b""}, "{}", configuration_of(PLACE, "wistia: {}", "reelhouse.yaml"))
    for made, words in ((alone, "no"), (release(), "yes")):
        cloud.asked.clear()
        steps.upload(aws(), made, lambda _: None)
        steps.propose(aws(), target_of(PLACE, made))
        given = dict(cloud.asked)["CreateChangeSet"]["Parameters"]
        assert {"ParameterKey": "Streampulse", "ParameterValue": words} in given
    conditions = {name: item.get("Condition") for name, item in template()["Resources"].items()}
    assert conditions["TriggerStreampulseStart"] == conditions["RunMissingStreampulse"] == "ReadsStreampulse"


@pytest.mark.parametrize("kept", ["made", "kept"])
def test_a_stack_never_changes_whose_its_secrets_are(cloud: Cloud, kept: str) -> None:
    cloud.parameters = {"Secrets": kept}
    assert proposed_secrets(cloud) == kept


def test_without_a_release_before_there_is_nothing_to_go_back_to(cloud: Cloud) -> None:
    deployed(cloud, release(), 8)
    with pytest.raises(ConfigurationError, match="there is no release before"):
        steps.previous(aws())


def test_destroying_keeps_data_unless_told_otherwise(cloud: Cloud) -> None:
    said: list[str] = []
    steps.destroy(aws(), and_data=False, say=said.append)
    assert "DeleteBucket" not in cloud.operations()
    assert "are kept" in said[0]
    cloud.status = "UPDATE_COMPLETE"
    steps.destroy(aws(), and_data=True, say=said.append)
    assert {"DeleteNamespace", "DeleteBucket", "DeleteSecret"} <= set(cloud.operations())


def test_data_can_be_removed_after_the_stack_and_what_is_gone_is_passed_over(cloud: Cloud) -> None:
    cloud.status = None
    with pytest.raises(ReelhouseError, match="there is no stack reelhouse-staging; nothing was touched"):
        steps.destroy(aws(), and_data=False, say=lambda _: None)
    for operation, code in (("DeleteNamespace", "ResourceNotFoundException"), ("ListObjectVersions", "NoSuchBucket")):
        gone = (404, {"Error": {"Code": code, "Message": "gone"}})
        cloud.answers[operation] = lambda _, gone=gone: gone  # type: ignore[misc]
    steps.destroy(aws(), and_data=True, say=lambda _: None)
    assert cloud.operations().count("DeleteSecret") == 3
    assert "DeleteStack" not in cloud.operations()


def test_what_aws_refuses_is_one_message(cloud: Cloud) -> None:
    denied = {"Error": {"Code": "AccessDenied", "Message": "not authorized"}}
    cloud.answers["CreateChangeSet"] = lambda _: (403, denied)
    with pytest.raises(ReelhouseError, match=r"AWS refuses CreateChangeSet \(AccessDenied: not authorized\)"):
        steps.propose(aws(), THERE)


def test_a_request_that_is_none_is_found_here(cloud: Cloud) -> None:
    """That botocore validates what this cloud is asked: the proof that the tests above prove something."""
    with pytest.raises(ParamValidationError):
        aws()._glue.start_job_run(JobName=3)


def test_files_that_would_arrive_where_nobody_is_told_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"streampulse.landing is landing/other/"):
        configuration_of(PLACE, "streampulse: {landing: landing/other/}", "reelhouse.yaml")


def test_a_base_capacity_that_redshift_does_not_have_is_refused() -> None:
    values = load_environments()["dev"].model_dump()
    with pytest.raises(ValidationError, match="4 or a multiple of 8"):
        Environment.model_validate({**values, "base_capacity": 12})


@pytest.mark.parametrize(
    ("arguments", "says"),
    [(["deploy", "rollback", "prod"], "there is no such environment"), (["deploy", "plan", "prod"], "dev, staging")],
)
def test_an_unknown_environment_is_refused(cloud: Cloud, arguments: list[str], says: str) -> None:
    ended = CliRunner().invoke(reelhouse, arguments)
    assert says in str(ended.exception)


def test_a_rollback_by_the_command_line_changes_the_stack_and_runs_once(cloud: Cloud) -> None:
    deployed(cloud, release(), 8)
    deployed(cloud, release(b=b"new"), 9)
    cloud.changes = [change("Modify", "AWS::Glue::Job", Replacement="False")]
    ended = CliRunner().invoke(reelhouse, ["deploy", "rollback", "staging", "--yes"])
    assert ended.exit_code == 0, ended.output
    assert "ExecuteChangeSet" in cloud.operations()
    last = json.loads(cloud.objects[max(key for key in cloud.objects if key.startswith("deployments/"))])
    assert last["release"] == release().hash


def test_losing_data_is_refused_unless_it_is_said(cloud: Cloud) -> None:
    deployed(cloud, release(), 8)
    deployed(cloud, release(b=b"new"), 9)
    cloud.changes = [change("Remove", "AWS::S3::Bucket")]
    ended = CliRunner().invoke(reelhouse, ["deploy", "rollback", "staging", "--yes"])
    assert "data would be lost" in str(ended.exception)
    assert "ExecuteChangeSet" not in cloud.operations()


def roll_back(cloud: Cloud) -> list[str]:
    """Go back by the command line; return what was asked of AWS."""
    cloud.asked.clear()
    ended = CliRunner().invoke(reelhouse, ["deploy", "rollback", "staging", "--yes"])
    assert ended.exit_code == 0, (ended.output, ended.exception)
    return cloud.operations()


def test_without_dashboards_quicksight_is_not_asked_and_that_is_said(cloud: Cloud) -> None:
    made, said = release(), list[str]()
    deployed(cloud, made, 8)
    assert steps.propose_dashboards(aws(), target_of(PLACE, made).dashboards, said.append) == ()
    steps.withdraw_dashboards(aws(), (), said.append)
    steps.propose(aws(), target_of(PLACE, made))
    assert said == ["no dashboards in QuickSight: the configuration names no quicksight.secret"]
    assert not [name for name in cloud.operations() if ASSET.fullmatch(name)]
    assert {"ParameterKey": "Dashboards", "ParameterValue": "no"} in dict(cloud.asked)["CreateChangeSet"]["Parameters"]


def test_dashboards_are_of_the_release_and_read_through_the_stacks_connection(cloud: Cloud) -> None:
    made = release_with_dashboards()
    deployed(cloud, made, 8)
    asked = target_of(PLACE, made).dashboards
    source = asked[0].arguments
    assert source["DataSourceId"] == "reelhouse-staging-warehouse"
    assert source["Credentials"] == {"SecretArn": SECRET}
    assert source["DataSourceParameters"]["RedshiftParameters"] == {
        "Host": "reelhouse-staging.123456789012.eu-west-1.redshift-serverless.amazonaws.com",
        "Port": 5439,
        "Database": "reelhouse",
    }
    connection = template()["Resources"]["DashboardsConnection"]["Properties"]
    named = connection["VPCConnectionId"]["Fn::Sub"].replace("${Environment}", "staging")
    assert source["VpcConnectionProperties"]["VpcConnectionArn"].endswith(f":123456789012:vpcConnection/{named}")
    assert asked[-1].arguments["Permissions"][0]["Principal"] == MARKETING
    steps.propose(aws(), target_of(PLACE, made))
    assert {"ParameterKey": "Dashboards", "ParameterValue": "yes"} in dict(cloud.asked)["CreateChangeSet"]["Parameters"]


def test_dashboards_are_planned_in_words_and_brought_to_the_release(cloud: Cloud) -> None:
    cloud.dashboards = {("Dashboard", "reelhouse-staging-pages"): {}, ("DataSet", "reelhouse-staging-old"): {}}
    cloud.dashboards["DataSet", "reelhouse-production-days"] = {}
    made, said = release_with_dashboards(), list[str]()
    deployed(cloud, made, 8)
    asked = target_of(PLACE, made).dashboards
    told = {(change.kind, change.name): change.words for change in steps.propose_dashboards(aws(), asked, said.append)}
    assert told["QuickSight::DataSource", "reelhouse-staging-warehouse"] == "is made"
    assert told["QuickSight::Dashboard", "reelhouse-staging-pages"] == "is brought to the release"
    assert told["QuickSight::Dataset", "reelhouse-staging-old"] == "is removed"
    assert not any("production" in name for _, name in told)
    steps.publish_dashboards(aws(), asked, said.append)
    wanted = ("made: data source warehouse", "updated: dashboard pages", "removed: dataset reelhouse-staging-old")
    assert set(wanted) <= set(said)
    there = {name for kind, name in cloud.dashboards if kind == "DataSet"}
    assert there >= {"reelhouse-production-days", "reelhouse-staging-activity"}
    assert cloud.operations()[-1] == "DeleteDataSet"
    again = steps.propose_dashboards(aws(), asked, said.append)
    assert {change.words for change in again} == {"is brought to the release"}


def test_a_rollback_takes_the_dashboards_along(cloud: Cloud) -> None:
    deployed(cloud, release(), 8)
    deployed(cloud, release_with_dashboards(), 9)
    steps.publish_dashboards(aws(), target_of(PLACE, release_with_dashboards()).dashboards, lambda _: None)
    cloud.changes = [change("Remove", "AWS::QuickSight::VPCConnection")]
    done = roll_back(cloud)
    assert cloud.dashboards == {}
    assert done.index("DeleteDataSource") < done.index("ExecuteChangeSet"), "it reads through the connection"
    done = roll_back(cloud)  # and forward again
    assert ("Dashboard", "reelhouse-staging-pages") in cloud.dashboards
    assert done.index("ExecuteChangeSet") < done.index("CreateDataSource") < done.index("StartWorkflowRun")


def test_destroying_takes_the_dashboards_before_the_stack(cloud: Cloud) -> None:
    made = release_with_dashboards()
    deployed(cloud, made, 8)
    steps.publish_dashboards(aws(), target_of(PLACE, made).dashboards, lambda _: None)
    cloud.asked.clear()
    steps.destroy(aws(), and_data=False, say=lambda _: None)
    done = cloud.operations()
    assert cloud.dashboards == {}
    assert done.index("DeleteDashboard") < done.index("DeleteDataSet") < done.index("DeleteStack")


def test_what_quicksight_refuses_is_one_message(cloud: Cloud) -> None:
    made = release_with_dashboards()
    deployed(cloud, made, 8)
    denied = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
    cloud.quicksight = lambda *_: (403, denied)  # type: ignore[method-assign]
    with pytest.raises(ReelhouseError, match=r"the dashboards: AWS refuses ListDashboards \(AccessDenied"):
        steps.propose_dashboards(aws(), target_of(PLACE, made).dashboards, lambda _: None)


@pytest.mark.parametrize("configured", [True, False])
def test_an_application_by_the_command_line_goes_from_the_stack_to_the_dashboards_to_the_proof(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, configured: bool
) -> None:
    made = release_with_dashboards() if configured else release()
    monkeypatch.setattr(orchestration.deploy.release, "build", lambda *_: made)
    (tmp_path / "reelhouse.yaml").write_text("")
    cloud.changes = [change("Modify", "AWS::Glue::Job", Replacement="False")]
    arguments = ["deploy", "apply", "staging", "--yes", "--config", str(tmp_path / "reelhouse.yaml")]
    ended = CliRunner().invoke(reelhouse, arguments)
    assert ended.exit_code == 0, (ended.output, ended.exception)
    steps_done = ["ExecuteChangeSet", "StartJobRun", "CreateDataSource", "CreateDashboard", "StartWorkflowRun"]
    wanted = [name for name in steps_done if configured or "Create" not in name]
    assert list(dict.fromkeys(name for name in cloud.operations() if name in steps_done)) == wanted
    assert ("QuickSight::Dashboard" in ended.output) == configured
    assert ("no dashboards in QuickSight" in ended.output) != configured
