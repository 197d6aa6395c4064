"""Who may deploy: roles that trust what the workflows are, with the rights of what they do and no others.

The rights of the workflows' roles are held against the requests that `reelhouse deploy` sends, those of the role of
CloudFormation against the handlers of the template's resource types, as AWS publishes them.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import botocore.client
import cfnlint
import pytest
import yaml
from click.testing import CliRunner

import orchestration.deploy.release
from extract.errors import ConfigurationError, ReelhouseError
from orchestration.cli import reelhouse
from orchestration.deploy import aws as asked_aws
from orchestration.infrastructure.account import ISSUER, account_template, actions_of_roles
from orchestration.infrastructure.template import template
from orchestration.policies.account import (
    PLACES,
    load_account,
    load_account_unseen,
    load_service,
    load_service_unused,
    service_policies,
)
from tests.unit.orchestration import test_deploy
from tests.unit.orchestration.test_deploy import (
    PLACE,
    Cloud,
    change,
    deployed,
    release,
    release_with_dashboards,
)

cloud = test_deploy.cloud
WORKFLOWS = Path(__file__).parents[3] / ".github" / "workflows"
ACTIONS = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "lambda:Invoke": "lambda:InvokeFunction",
}
ROLE = "arn:aws:iam::123456789012:role/service"
REPOSITORY = "owner@1/name@2"


@cache
def made() -> dict[str, Any]:
    return account_template(["staging", "production"])


@dataclass
class Requests:
    """Which rights the requests of a role took: action and place."""

    role: str = ""
    calls: dict[str, set[tuple[str, str]]] = field(default_factory=dict)

    def note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        if service != "sts":  # whoever asks may ask who they are
            action = f"{service}:{model.name}"
            action = ACTIONS.get(action, action)
            self.calls.setdefault(self.role, set()).add((action, place_of(service, action, params)))


def place_of(service: str, action: str, params: dict[str, Any]) -> str:
    """Return what the declarations call the place of a request; a request elsewhere has its own name."""
    match service:
        case "cloudformation":
            return {"reelhouse-staging": "stack", "reelhouse-account": "account_stack"}[params["StackName"]]
        case "s3":
            assert params["Bucket"] == PLACE.artifacts
            return str(params["Key"]).partition("/")[0] if "Key" in params else "artifacts"
        case "secretsmanager":
            return "secrets" if params["SecretId"].startswith("reelhouse/staging/") else params["SecretId"]
        case "glue":
            name = params.get("JobName") or params["Name"]
            return {"reelhouse-staging-warehouse": "warehouse_job", "reelhouse-staging-daily": "workflows"}[name]
        case "lambda":
            return {"reelhouse-staging-extraction": "extraction"}[params["FunctionName"]]
        case "redshift-serverless":
            return "workgroups" if action.endswith("GetWorkgroup") else "any"
    ids = [
        value for key, value in params.items() if re.fullmatch(r"(Data(Source|Set)|Theme|Dashboard|Analysis)Id", key)
    ]
    return "quicksight_assets" if ids and all(id_.startswith("reelhouse-staging-") for id_ in ids) else "any"


@pytest.fixture
def requests(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Requests]:
    found, create = Requests(), botocore.client.ClientCreator.create_client

    def recorded(*arguments: Any, **named: Any) -> Any:
        client = create(*arguments, **named)
        client.meta.events.register("provide-client-params", found.note)
        return client

    monkeypatch.setattr(botocore.client.ClientCreator, "create_client", recorded)
    monkeypatch.setattr(asked_aws, "POLL", 0.0)
    monkeypatch.setattr(orchestration.deploy.release, "build", lambda *_: release())
    (tmp_path / "reelhouse.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    yield found


def command(*arguments: str) -> str:
    ended = CliRunner().invoke(reelhouse, ["deploy", *arguments])
    assert ended.exit_code == 0, (ended.output, ended.exception)
    return ended.output


def old_assets(cloud: Cloud) -> None:
    for kind in ("DataSource", "DataSet", "Theme", "Dashboard", "Analysis"):
        cloud.dashboards[kind, "reelhouse-staging-old"] = {}
    left = {"Permissions": [{"Principal": "arn:aws:quicksight:x:1:user/default/left", "Actions": ["quicksight:Any"]}]}
    for kind in ("DataSet", "Dashboard", "Analysis"):
        cloud.answers[f"Describe{kind}Permissions"] = lambda _: left


def plan_and_deploy(cloud: Cloud, requests: Requests) -> None:
    """Do all that the workflows do, and a rollback."""
    cloud.answers["Invoke"] = lambda _: {"Payload": BytesIO(b'{"workflow_run": "wr_1"}')}
    cloud.changes = [change("Modify", "AWS::Glue::Job", Replacement="False")]
    requests.role = "plan"
    for status in (None, "UPDATE_COMPLETE"):
        cloud.status = status
        command("plan", "staging", "--config", "reelhouse.yaml")
    requests.role = "deploy"
    old_assets(cloud)
    for limits in ([], [{"usageLimitId": "u", "amount": 1}]):
        cloud.answers["ListUsageLimits"] = lambda _, limits=limits: {"usageLimits": limits}  # type: ignore[misc]
        command("apply", "staging", "--yes", "--config", "reelhouse.yaml")
    requests.role = "nobody"
    deployed(cloud, release(b=b"before"), 8)
    requests.role = "deploy"
    cloud.parameters |= {"ExtractWith": "lambda"}
    command("rollback", "staging", "--yes")
    cloud.parameters |= {"ExtractWith": "lambda"}
    cloud.changes = []
    command("apply", "staging", "--yes", "--config", "reelhouse.yaml")


def test_each_role_of_a_workflow_may_do_what_it_does_and_nothing_else(
    cloud: Cloud, requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orchestration.deploy.release, "build", lambda *_: release_with_dashboards())
    plan_and_deploy(cloud, requests)
    for role, rights in load_account().items():
        declared = {(action, place) for action, places in rights.items() for place in places}
        used = requests.calls[role]
        assert not used - declared, f"{role}: rights that are missing: {sorted(used - declared)}"
        assert not declared - used, f"{role}: rights that nobody used: {sorted(declared - used)}"


def test_who_shows_a_plan_changes_nothing_that_is_deployed() -> None:
    rights = load_account()["plan"] | load_account_unseen()["plan"]
    changing = {action for action in rights if not re.match(r"\w[\w-]*:(Describe|List|Get)", action)}
    assert changing == {"cloudformation:CreateChangeSet", "cloudformation:DeleteChangeSet", "s3:PutObject"}
    assert rights["s3:PutObject"] == ["plans"]


@cache
def handlers(kind: str) -> frozenset[str]:
    """Return what the handlers of a resource type ask, those aside that only list."""
    data = Path(str(cfnlint.__file__)).parent / "data" / "schemas"
    schema = json.loads((data / "providers" / "eu-west-1.json").read_text())[kind]
    found = json.loads((data / "resources" / f"{schema}.json").read_text())["handlers"]
    return frozenset(action for name, handler in found.items() if name != "list" for action in handler["permissions"])


def test_the_role_of_cloudformation_may_do_what_the_handlers_ask_and_nothing_else() -> None:
    needed = frozenset[str]().union(*(handlers(item["Type"]) for item in template()["Resources"].values()))
    granted = [action for actions in load_service().values() for action in actions]
    assert sorted(needed - set(granted) - load_service_unused()) == [], "rights that are missing"
    assert sorted(set(granted) - needed) == [], "rights that no handler asks"
    assert sorted(load_service_unused() - needed) == [], "excuses for nothing"
    assert not set(granted) & load_service_unused()
    assert {place for places in load_service() for place in places.split()} <= {*PLACES, "any"}


def test_the_usage_limit_is_no_resource_yet() -> None:
    """Were it one, it would stand in the template, and not be set by `deploy` after the stack."""
    data = Path(str(cfnlint.__file__)).parent / "data" / "schemas" / "providers" / "us-east-1.json"
    kinds = [kind for kind in json.loads(data.read_text()) if kind.startswith("AWS::RedshiftServerless::")]
    assert "AWS::RedshiftServerless::Workgroup" in kinds
    assert not [kind for kind in kinds if "limit" in kind.lower()]


def test_a_policy_is_no_longer_than_iam_takes() -> None:
    for name, item in made()["Resources"].items():
        properties = item["Properties"]
        inline = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
        most = 10_240 if inline else 6_144  # IAM and STS quotas
        for document in inline or [properties.get("PolicyDocument")]:
            text = json.dumps(document, separators=(",", ":")).replace('{"Fn::Sub":', "")
            for variable, value in (("Partition", "aws"), ("Region", "ap-southeast-1"), ("AccountId", "1" * 12)):
                text = text.replace(f"${{AWS::{variable}}}", value)
            assert len(text) < most, (name, len(text))


def test_all_parts_of_the_rights_are_there_once() -> None:
    parts = service_policies("staging", "B", 3)
    given = sorted(action for part in parts for allowed in part["Statement"] for action in allowed["Action"])
    assert given == sorted(action for actions in load_service().values() for action in actions)


def literal(text: str) -> str:
    """Return a name of the template with what its parts are called in staging."""
    for variable, value in (
        ("${Lake}", "reelhouse-staging-lake-${AWS::AccountId}"),
        ("${Environment}", "staging"),
        ("${ArtifactsBucket}", "reelhouse-artifacts-${AWS::AccountId}-${AWS::Region}"),
        ("${WarehouseConnection}", "reelhouse-staging-warehouse"),
    ):
        text = text.replace(variable, value)
    here = "${AWS::Region}:${AWS::AccountId}"
    if found := re.fullmatch(r"\$\{(\w+)Logs\.Arn\}", text):
        return f"arn:${{AWS::Partition}}:logs:{here}:log-group:/aws/lambda/reelhouse-staging-{found[1].lower()}:*"
    if found := re.fullmatch(r"\$\{(\w+)\.Arn\}", text):
        return f"arn:${{AWS::Partition}}:sqs:{here}:reelhouse-staging-{found[1].lower()}"
    return text


def test_the_boundary_holds_every_role_and_bounds_it() -> None:
    bounds = made()["Resources"]["BoundaryStaging"]["Properties"]["PolicyDocument"]["Statement"]

    def is_within(action: str, resource: str) -> bool:
        return any(
            action in bound["Action"]
            and any(
                fnmatchcase(resource, each if isinstance(each, str) else each["Fn::Sub"]) for each in bound["Resource"]
            )
            for bound in bounds
        )

    checked = 0
    for name, item in template()["Resources"].items():
        if item["Type"] == "AWS::IAM::Role":
            assert item["Properties"]["PermissionsBoundary"]["Fn::If"][:2] == ["HasBoundary", {"Ref": "Boundary"}]
            (policy,) = item["Properties"]["Policies"]
            for allowed in policy["PolicyDocument"]["Statement"]:
                resources = allowed["Resource"] if isinstance(allowed["Resource"], list) else [allowed["Resource"]]
                for resource in resources:
                    text = resource if isinstance(resource, str) else literal(resource["Fn::Sub"])
                    for action in allowed["Action"]:
                        assert is_within(action, text), (name, action, text)
                        checked += 1
    assert checked > 100
    assert {action for bound in bounds for action in bound["Action"]} == actions_of_roles()
    assert not is_within("s3:GetObject", "arn:${AWS::Partition}:s3:::reelhouse-production-lake-${AWS::AccountId}/raw/a")


def subjects() -> dict[str, str]:
    found = {}
    for name, item in made()["Resources"].items():
        if item["Type"] == "AWS::IAM::Role" and not name.startswith("Service"):
            (trust,) = item["Properties"]["AssumeRolePolicyDocument"]["Statement"]
            (condition,) = trust["Condition"].values()
            assert condition[f"{ISSUER}:aud"] == "sts.amazonaws.com"
            found[name] = condition[f"{ISSUER}:sub"]["Fn::Sub"]
    return found


def test_roles_trust_the_environments_of_the_workflows_and_nobody_else() -> None:
    deploy = yaml.safe_load((WORKFLOWS / "deploy.yml").read_text())["jobs"]
    plan = yaml.safe_load((WORKFLOWS / "plan.yml").read_text())["jobs"]["plan"]
    wanted = {f"Deploy{name.title()}": deploy[name]["with"]["environment"] for name in ("staging", "production")}
    assert subjects() == {
        name: f"repo:${{Repository}}:environment:{environment}"
        for name, environment in {**wanted, "Plan": plan["environment"]}.items()
    }
    called = yaml.safe_load((WORKFLOWS / "deploy-to.yml").read_text())["jobs"]["deploy"]
    (step,) = [step for step in called["steps"] if "role-to-assume" in step.get("with", {})]
    seconds = made()["Resources"]["DeployStaging"]["Properties"]["MaxSessionDuration"]
    assert step["with"]["role-duration-seconds"] == seconds == called["timeout-minutes"] * 60


def test_roles_that_cloudformation_makes_carry_the_boundary_and_are_no_role_of_this_stack() -> None:
    parts = [
        made()["Resources"][f"ServiceStagingRights{number}"]["Properties"]["PolicyDocument"] for number in (1, 2, 3)
    ]
    statements = [each for part in parts for each in part["Statement"]]
    (making,) = [each for each in statements if "iam:CreateRole" in each["Action"]]
    assert making["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": {"Ref": "BoundaryStaging"}}}
    assert "iam:PutRolePolicy" in making["Action"]
    for each in statements:
        for action in each["Action"]:
            if action.startswith("iam:") and action != "iam:CreateServiceLinkedRole":
                (role,) = each["Resource"]
                assert role["Fn::Sub"].endswith(":role/reelhouse-staging-*"), action


def account_stack(cloud: Cloud, **outputs: str) -> None:
    told = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
    ours = cloud.DescribeStacks

    def answer(params: dict[str, Any]) -> Any:
        if params["StackName"] == "reelhouse-account":
            return {"Stacks": [{"StackStatus": "CREATE_COMPLETE", "Outputs": told}]}
        return ours(params)

    cloud.answers["DescribeStacks"] = answer


def test_a_deployment_works_in_the_service_role_and_a_plan_leaves_the_role_as_it_is(
    cloud: Cloud,
    requests: Requests,
) -> None:
    account_stack(cloud, ServiceStaging=ROLE, BoundaryStaging="arn:aws:iam::123456789012:policy/boundary")
    cloud.changes = [change("Modify", "AWS::Glue::Job", Replacement="False")]
    command("plan", "staging", "--config", "reelhouse.yaml")
    command("apply", "staging", "--yes", "--config", "reelhouse.yaml")
    planned, applied = [params for name, params in cloud.asked if name == "CreateChangeSet"]
    assert "RoleARN" not in planned
    assert applied["RoleARN"] == ROLE
    assert {"ParameterKey": "Boundary", "ParameterValue": "arn:aws:iam::123456789012:policy/boundary"} in applied[
        "Parameters"
    ]
    assert planned["TemplateURL"].split("/")[3] == "plans"


def test_the_account_is_set_up_by_one_command_that_says_what_is_left_to_type(
    cloud: Cloud,
    requests: Requests,
) -> None:
    cloud.status, cloud.changes = None, [change("Add", "AWS::IAM::Role")]
    provider = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"
    cloud.answers["ListOpenIDConnectProviders"] = lambda _: {"OpenIDConnectProviderList": [{"Arn": provider}]}

    def executed(_: Any) -> Any:
        account_stack(cloud, Plan="arn:plan", DeployStaging="arn:staging", DeployProduction="arn:production")
        return {}

    cloud.answers["ExecuteChangeSet"] = executed
    output = command("account", "staging", "production", "--repository", REPOSITORY, "--yes")
    (proposed,) = [params for name, params in cloud.asked if name == "CreateChangeSet"]
    assert proposed["StackName"] == "reelhouse-account"
    given = {each["ParameterKey"]: each["ParameterValue"] for each in proposed["Parameters"]}
    assert given == {"Repository": REPOSITORY, "Provider": provider}, "an account has one provider of GitHub"
    assert "gh variable set AWS_DEPLOY_ROLE --env production --body arn:production" in output
    told = set(re.findall(r"gh variable set (\w+)", output))
    asked = {name for file in WORKFLOWS.glob("*.yml") for name in re.findall(r"vars\.(\w+)", file.read_text())}
    assert told == asked, "the variables that the workflows read"


def test_what_is_no_repository_is_refused_before_anything_is_asked(cloud: Cloud, requests: Requests) -> None:
    ended = CliRunner().invoke(reelhouse, ["deploy", "account", "staging", "--repository", "https://github.com/o/n"])
    assert isinstance(ended.exception, ConfigurationError)
    assert "OWNER/NAME" in str(ended.exception)
    assert not cloud.asked


def test_a_limit_that_could_not_be_set_is_shown_by_the_next_plan_and_set_by_the_next_application(
    cloud: Cloud,
    requests: Requests,
) -> None:
    cloud.changes = [change("Modify", "AWS::Glue::Job", Replacement="False")]
    cloud.answers["CreateUsageLimit"] = lambda _: (400, {"Error": {"Code": "ThrottlingException", "Message": "slow"}})
    arguments = ["deploy", "apply", "staging", "--yes", "--config", "reelhouse.yaml"]
    ended = CliRunner().invoke(reelhouse, arguments)
    assert isinstance(ended.exception, ReelhouseError)
    assert "without which only an alarm tells of cost" in str(ended.exception)
    assert "StartJobRun" not in cloud.operations()
    cloud.changes = []
    del cloud.answers["CreateUsageLimit"]
    planned = command("plan", "staging", "--config", "reelhouse.yaml")
    assert re.search(r"UsageLimit +RedshiftServerless::UsageLimit +is made", planned)
    assert "the usage limit is made (8 a day)" in command(*arguments[1:])


@pytest.mark.long
def test_cfn_lint_finds_nothing(tmp_path: Path) -> None:
    ended = lint(tmp_path, made())
    assert (ended.returncode, ended.stdout) == (0, "")
    spoiled = json.loads(json.dumps(made()))
    spoiled["Resources"]["Plan"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"] = ["s3:Gett"]
    assert "'gett' is not one of" in lint(tmp_path, spoiled).stdout


def lint(folder: Path, document: dict[str, Any]) -> "subprocess.CompletedProcess[str]":
    """Run cfn-lint, with what it says of actions and resources that do not go together (I3510)."""
    (folder / "account.json").write_text(json.dumps(document))
    program = str(Path(sys.executable).parent / "cfn-lint")
    arguments = ["-r", "eu-west-1", "-c", "I3510", "-t", str(folder / "account.json")]
    return subprocess.run([program, *arguments], capture_output=True, text=True)
