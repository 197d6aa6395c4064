"""What those may do who deploy: the workflows' roles, CloudFormation's, and the boundary of the roles that it makes."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from orchestration.policies import HOME, Rights

_HERE = "${AWS::Region}:${AWS::AccountId}"
_OURS = "reelhouse-{env}"
_ARTIFACTS = "s3:::reelhouse-artifacts-${AWS::AccountId}-${AWS::Region}"
_KINDS = ("analysis", "dashboard", "dataset", "datasource", "theme")
_NETWORK = ("route-table", "security-group", "security-group-rule", "subnet", "vpc", "vpc-endpoint")
PLACES: Mapping[str, tuple[str, ...]] = {
    "account_stack": (f"cloudformation:{_HERE}:stack/reelhouse-account/*",),
    "stack": (f"cloudformation:{_HERE}:stack/{_OURS}/*",),
    "artifacts": (_ARTIFACTS,),
    "plans": (f"{_ARTIFACTS}/plans/*",),
    "releases": (f"{_ARTIFACTS}/releases/*",),
    **{name: (f"{_ARTIFACTS}/{name}/{{env}}/*",) for name in ("configuration", "dashboards", "deployments")},
    "lake": (f"s3:::{_OURS}-lake-${{AWS::AccountId}}",),
    "lake_objects": (f"s3:::{_OURS}-lake-${{AWS::AccountId}}/*",),
    "results": (f"s3:::{_OURS}-lake-${{AWS::AccountId}}/athena-results/*",),
    "secrets": (f"secretsmanager:{_HERE}:secret:reelhouse/{{env}}/*",),
    "warehouse_job": (f"glue:{_HERE}:job/{_OURS}-warehouse",),
    "jobs": (f"glue:{_HERE}:job/{_OURS}-*",),
    "triggers": (f"glue:{_HERE}:trigger/{_OURS}-*",),
    "workflows": (f"glue:{_HERE}:workflow/{_OURS}-*",),
    "catalog": (f"glue:{_HERE}:catalog",),
    "connection": (f"glue:{_HERE}:connection/{_OURS}-warehouse",),
    "database": (f"glue:{_HERE}:database/reelhouse_{{env}}",),
    "table": (f"glue:{_HERE}:table/reelhouse_{{env}}/*",),
    "extraction": (f"lambda:{_HERE}:function:{_OURS}-extraction",),
    "functions": (f"lambda:{_HERE}:function:{_OURS}-*",),
    "mappings": (f"lambda:{_HERE}:event-source-mapping:*",),
    # Redshift Serverless and EC2 name by ids of their own.
    "namespaces": (f"redshift-serverless:{_HERE}:namespace/*",),
    "workgroups": (f"redshift-serverless:{_HERE}:workgroup/*",),
    "redshift_namespaces": (f"redshift-serverless:{_HERE}:namespace/*",),
    "network": tuple(f"ec2:{_HERE}:{kind}/*" for kind in _NETWORK),
    "athena_group": (f"athena:{_HERE}:workgroup/{_OURS}",),
    "alarms": (f"cloudwatch:{_HERE}:alarm:{_OURS}-*",),
    "board": (f"cloudwatch::${{AWS::AccountId}}:dashboard/{_OURS}",),
    "rules": (f"events:{_HERE}:rule/{_OURS}-*",),
    "log_groups": tuple(
        f"logs:{_HERE}:log-group:/{path}*"
        for path in (f"aws-glue/jobs/{_OURS}/", f"aws/lambda/{_OURS}-", f"aws/redshift/{_OURS}/")
    ),
    "queues": (f"sqs:{_HERE}:{_OURS}-*",),
    "topic": (f"sns:{_HERE}:{_OURS}-alarms", f"sns:{_HERE}:{_OURS}-alarms:*"),
    "quicksight_connection": (f"quicksight:{_HERE}:vpcConnection/{_OURS}",),
    "quicksight_assets": tuple(f"quicksight:{_HERE}:{kind}/{_OURS}-*" for kind in _KINDS),
    "network_interfaces": (f"ec2:{_HERE}:network-interface/*",),
    "roles": (f"iam::${{AWS::AccountId}}:role/{_OURS}-*",),
    "bounded_roles": (f"iam::${{AWS::AccountId}}:role/{_OURS}-*",),
    "passed_roles": (f"iam::${{AWS::AccountId}}:role/{_OURS}-*",),
    "service_linked_role": ("iam::${AWS::AccountId}:role/aws-service-role/redshift.amazonaws.com/*",),
}
"""What the declarations call the resources of an environment; `any` is all."""
_PASSED_TO = [
    f"{service}.amazonaws.com" for service in ("glue", "lambda", "quicksight", "redshift", "redshift-serverless")
]
_BOUNDS = {
    "ec2": "any",
    "glue": "connection workflows",
    "logs": "log_groups",
    "quicksight": "quicksight_assets",
    "s3": "artifacts configuration lake lake_objects releases",
    "secretsmanager": "secrets",
    "sqs": "queues",
}
"""How far a role that the stack makes may reach at most, by service."""


@cache
def load_account() -> Mapping[str, Rights]:
    """Return the rights of the workflows' roles that our code uses."""
    declared = _read("account")
    return {name: rights for name, rights in declared.items() if name != "unseen"}


@cache
def load_account_unseen() -> Mapping[str, Rights]:
    """Return the rights of the workflows' roles that others use in their name, or our code in trouble."""
    found: dict[str, Rights] = {}
    for entry in _read("account")["unseen"]:
        for role in entry["roles"]:
            found.setdefault(role, {}).update(entry["rights"])
    return found


@cache
def load_service() -> Mapping[str, list[str]]:
    """Return the rights of CloudFormation's role, by the places on which it has them, a blank between two."""
    granted: dict[str, list[str]] = _read("service")["granted"]
    return granted


@cache
def load_service_unused() -> frozenset[str]:
    """Return what handlers ask and the template does not need."""
    return frozenset(action for entry in _read("service")["unused"] for action in entry["rights"])


def _read(name: str) -> Any:
    return yaml.safe_load((HOME / f"{name}.yaml").read_text(encoding="utf-8"))


def workflow_policy(role: str, environment: str) -> dict[str, Any]:
    """Return the policy of ``plan`` or ``deploy`` for an environment."""
    by_place: dict[str, list[str]] = {}
    for rights in (load_account()[role], load_account_unseen().get(role, {})):
        for action, places in rights.items():
            by_place.setdefault(" ".join(places), []).append(action)
    return _document(statement(actions, places, environment) for places, actions in sorted(by_place.items()))


def service_policies(environment: str, boundary: Any, parts: int) -> list[dict[str, Any]]:
    """Return the rights of CloudFormation's role, as policies of about the same size.

    Args:
        environment: its name.
        boundary: the ARN of the policy that every role carries which it makes, as the template refers to it.
        parts: how many policies.
    """
    conditions: dict[str, dict[str, Any]] = {
        "bounded_roles": {"StringEquals": {"iam:PermissionsBoundary": boundary}},
        "passed_roles": {"StringEquals": {"iam:PassedToService": _PASSED_TO}},
        "service_linked_role": {"StringEquals": {"iam:AWSServiceName": "redshift.amazonaws.com"}},
        "network": {"StringEqualsIfExists": {"aws:ResourceTag/reelhouse": environment}},
    }
    statements = [
        statement(actions, places, environment) | ({"Condition": conditions[places]} if places in conditions else {})
        for places, actions in load_service().items()
    ]
    held: list[list[dict[str, Any]]] = [[] for _ in range(parts)]
    for each in sorted(statements, key=lambda each: -len(str(each))):
        min(held, key=lambda part: len(str(part))).append(each)
    return [_document(part) for part in held]


def boundary_policy(environment: str, actions: Iterable[str]) -> dict[str, Any]:
    """Return the most that a role of the stack may do.

    Args:
        environment: its name.
        actions: what all roles of the template do together.
    """
    by_service: dict[str, list[str]] = {}
    for action in sorted(set(actions)):
        by_service.setdefault(action.partition(":")[0], []).append(action)
    return _document(statement(theirs, _BOUNDS[name], environment) for name, theirs in by_service.items())


def statement(actions: list[str], places: str, environment: str) -> dict[str, Any]:
    """Return a statement that allows actions on places, a blank between two."""
    arns = [arn for place in places.split() for arn in _arns(place, environment)]
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": arns}


def _arns(place: str, environment: str) -> Iterator[Any]:
    if place == "any":
        yield "*"
        return
    for tail in PLACES[place]:
        yield {"Fn::Sub": f"arn:${{AWS::Partition}}:{tail.replace('{env}', environment)}"}


def _document(statements: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
