"""What an environment has however much runs in it, counted where it is declared."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from orchestration.glue.metrics import OF_EACH_WORKFLOW, told_of
from orchestration.infrastructure.template import template
from orchestration.lambdas.extraction import MARGIN
from orchestration.pipeline_file import Pipeline, load_pipeline


@dataclass(frozen=True, slots=True)
class Standing:
    """What is there.

    Attributes:
        secrets: in Secrets Manager.
        endpoints: interfaces, times the zones of each.
        alarms: of CloudWatch.
        metrics: that a month without failures and deployments tells.
        lambda_gb: memory of the function that extracts.
        lambda_seconds: for which it may read.
    """

    secrets: int
    endpoints: int
    alarms: int
    metrics: int
    lambda_gb: float
    lambda_seconds: float


@cache
def standing() -> Standing:
    """Count it; what not every environment has is counted too."""
    resources, found = template()["Resources"], dict[str, list[dict[str, Any]]]()
    for resource in resources.values():
        found.setdefault(resource["Type"], []).append(resource["Properties"])
    zones = [len(each.get("SubnetIds", ())) for each in found["AWS::EC2::VPCEndpoint"]]
    function = resources["ExtractionFunction"]["Properties"]
    return Standing(
        secrets=len(found["AWS::SecretsManager::Secret"]),
        endpoints=sum(zones),
        alarms=len(found["AWS::CloudWatch::Alarm"]),
        metrics=_metrics(load_pipeline()),
        lambda_gb=function["MemorySize"] / 1024,
        lambda_seconds=function["Timeout"] - MARGIN,
    )


def _metrics(declared: Pipeline) -> int:
    jobs = {job for flow in declared.workflows.values() for job in flow.jobs}
    return sum(len(told_of(job)) for job in jobs) + len(OF_EACH_WORKFLOW) * len(declared.workflows)
