"""The template of an account: who may deploy from GitHub, CloudFormation's own role, and the boundary of what it makes.

It stands beside the stacks of the environments, and is made once by somebody who administers the account.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from orchestration.infrastructure.template import Resource, template
from orchestration.policies.account import boundary_policy, service_policies, workflow_policy

STACK = "account"
"""What stands in the place of an environment in the stack's name."""
PLANNED = "staging"
"""The environment of which pull requests show a plan (`.github/workflows/plan.yml`)."""
ISSUER = "token.actions.githubusercontent.com"
SERVICE_PARTS = 3
"""Policies that hold CloudFormation's rights: one holds 6,144 characters (IAM and STS quotas)."""
SECONDS = 7200
"""How long a deployment may take: the job in `.github/workflows/deploy-to.yml` ends after two hours."""


def account_template(environments: Iterable[str]) -> dict[str, Any]:
    """Return the template for the environments that the account holds."""
    environments = tuple(environments)
    resources: dict[str, Resource] = {"GithubProvider": _provider()}
    outputs: dict[str, Any] = {}
    for environment in environments:
        resources |= dict(_environment(environment))
        for kind in ("Deploy", "Service"):
            outputs[f"{kind}{environment.title()}"] = {"Value": {"Fn::GetAtt": [f"{kind}{environment.title()}", "Arn"]}}
        outputs[f"Boundary{environment.title()}"] = {"Value": {"Ref": f"Boundary{environment.title()}"}}
    if PLANNED in environments:
        resources["Plan"] = _workflow_role("plan", PLANNED, "plan")
        outputs["Plan"] = {"Value": {"Fn::GetAtt": ["Plan", "Arn"]}}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "reelhouse: who may deploy it from GitHub, and what a deployment may do",
        "Parameters": {
            "Repository": {
                "Type": "String",
                "AllowedPattern": "[A-Za-z0-9-]+(@[0-9]+)?/[A-Za-z0-9._-]+(@[0-9]+)?",
                "Description": "OWNER/NAME as GitHub writes it into subjects, with @ID behind both where it does.",
            },
            "Provider": {
                "Type": "String",
                "Description": "The account's identity provider of GitHub; empty where the stack makes it.",
            },
        },
        "Conditions": {"MakesProvider": {"Fn::Equals": [{"Ref": "Provider"}, ""]}},
        "Resources": resources,
        "Outputs": outputs,
    }


def _provider() -> Resource:
    """Return GitHub's identity provider: an account has one, which stays when the stack goes, for others may use it."""
    return {
        "Type": "AWS::IAM::OIDCProvider",
        "Condition": "MakesProvider",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"Url": f"https://{ISSUER}", "ClientIdList": ["sts.amazonaws.com"]},
    }


def _environment(name: str) -> Iterator[tuple[str, Resource]]:
    suffix = name.title()
    rights = [f"Service{suffix}Rights{number}" for number in range(1, SERVICE_PARTS + 1)]
    documents = service_policies(name, {"Ref": f"Boundary{suffix}"}, SERVICE_PARTS)
    yield f"Deploy{suffix}", _deploy_role(name)
    yield f"Service{suffix}", _service_role(rights)
    for policy, document in zip(rights, documents, strict=True):
        yield policy, _policy(f"What CloudFormation may do for the stack reelhouse-{name}", document)
    yield f"Boundary{suffix}", _boundary(name)


def _deploy_role(environment: str) -> Resource:
    role = _workflow_role("deploy", environment, environment)
    passed = {
        "Effect": "Allow",
        "Action": ["iam:PassRole"],
        "Resource": [{"Fn::GetAtt": [f"Service{environment.title()}", "Arn"]}],
        "Condition": {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}},
    }
    role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].append(passed)
    return role


def _workflow_role(rights: str, environment: str, github: str) -> Resource:
    """Return a role that GitHub's workflows assume in one of the repository's environments, and nobody else."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": {"Fn::If": ["MakesProvider", {"Ref": "GithubProvider"}, {"Ref": "Provider"}]}},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{ISSUER}:aud": "sts.amazonaws.com",
                f"{ISSUER}:sub": {"Fn::Sub": f"repo:${{Repository}}:environment:{github}"},
            }
        },
    }
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [{"PolicyName": "all-that-it-does", "PolicyDocument": workflow_policy(rights, environment)}],
            "MaxSessionDuration": SECONDS,
        },
    }


def _service_role(rights: list[str]) -> Resource:
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudformation.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
    }
    properties = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "ManagedPolicyArns": [{"Ref": policy} for policy in rights],
    }
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _boundary(environment: str) -> Resource:
    about = f"The most that a role of the stack reelhouse-{environment} may do"
    return _policy(about, boundary_policy(environment, actions_of_roles()))


def _policy(about: str, document: Resource) -> Resource:
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"Description": about, "PolicyDocument": document}}


def actions_of_roles() -> set[str]:
    """Return what the roles of the environments' template do together."""
    roles = [item["Properties"] for item in template()["Resources"].values() if item["Type"] == "AWS::IAM::Role"]
    documents = [policy["PolicyDocument"] for role in roles for policy in role["Policies"]]
    return {action for document in documents for allowed in document["Statement"] for action in allowed["Action"]}
