"""What each role may do: declared in ``policies.yaml`` and ``unseen.yaml``, turned into policies of IAM."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

Rights = dict[str, list[str]]
HOME = Path(__file__).parent
_LAKE = "arn:${AWS::Partition}:s3:::${Lake}"
_ARTIFACTS = "arn:${AWS::Partition}:s3:::${ArtifactsBucket}"
_HERE = "${AWS::Region}:${AWS::AccountId}"
_SECRETS = f"arn:${{AWS::Partition}}:secretsmanager:{_HERE}:secret:reelhouse/${{Environment}}"
PLACES = {
    "lake": _LAKE,
    "artifacts": _ARTIFACTS,
    "configuration": f"{_ARTIFACTS}/configuration/${{Environment}}/*",
    "release": f"{_ARTIFACTS}/releases/*",
    # Secrets Manager adds six characters to the name of a secret (its guide, "Secrets Manager ARNs").
    **{name: f"{_SECRETS}/{name}-??????" for name in ("wistia_token", "redshift_password", "privacy_key")},
    "workflows": f"arn:${{AWS::Partition}}:glue:{_HERE}:workflow/reelhouse-${{Environment}}-*",
    "connection": f"arn:${{AWS::Partition}}:glue:{_HERE}:connection/${{WarehouseConnection}}",
    "catalog": f"arn:${{AWS::Partition}}:glue:{_HERE}:catalog",
    "arrivals": "${Arrivals.Arn}",
    "receipts": "${Receipts.Arn}",
    # A refresh is called dataset/ID/ingestion/NAME (Service Authorization Reference, "Amazon QuickSight").
    "datasets": f"arn:${{AWS::Partition}}:quicksight:{_HERE}:dataset/reelhouse-${{Environment}}-*",
    "glue_logs": f"arn:${{AWS::Partition}}:logs:{_HERE}:log-group:/aws-glue/jobs/reelhouse-${{Environment}}/*",
    "arrivals_logs": "${ArrivalsLogs.Arn}",
    "extraction_logs": "${ExtractionLogs.Arn}",
    "refresh_logs": "${RefreshLogs.Arn}",
    "network_interfaces": f"arn:${{AWS::Partition}}:ec2:{_HERE}:network-interface/*",
    "any": "*",
}
"""What the declarations call the resources; all else is an area of the lake."""


@cache
def load_policies() -> Mapping[str, Rights]:
    """Return the rights of each role that our code uses."""
    declared: dict[str, Rights] = yaml.safe_load((HOME / "policies.yaml").read_text(encoding="utf-8"))
    return declared


@cache
def load_unseen() -> Mapping[str, Rights]:
    """Return the rights of each role that others use in its name, or our code in trouble."""
    found: dict[str, Rights] = {}
    for entry in yaml.safe_load((HOME / "unseen.yaml").read_text(encoding="utf-8")):
        for role in entry["roles"]:
            for action, places in entry["rights"].items():
                found.setdefault(role, {}).setdefault(action, []).extend(places)
    return found


def policy_document(role: str) -> dict[str, Any]:
    """Return the policy of a role: a statement for each set of places, with all that is allowed there."""
    by_place: dict[tuple[str, ...], list[str]] = {}
    for rights in (load_policies()[role], load_unseen().get(role, {})):
        for action, places in rights.items():
            by_place.setdefault(tuple(sorted(places)), []).append(action)
    statements = [
        {
            "Effect": "Allow",
            "Action": sorted(set(actions)),
            "Resource": [{"Fn::Sub": place_arn(place)} if place != "any" else "*" for place in places],
        }
        for places, actions in sorted(by_place.items())
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def place_arn(place: str) -> str:
    """Return the ARN of a place, with the names of the template in it."""
    return PLACES.get(place) or f"{_LAKE}/{place}"
