"""The template of the stack: parts written by hand, and what follows from ``pipeline.yaml`` and the policies."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from orchestration.glue.bundle import ARCHIVE
from orchestration.glue.metrics import NAMESPACE
from orchestration.pipeline_file import Job, Pipeline, Workflow, load_pipeline, script_of
from orchestration.policies import load_policies, policy_document
from warehouse_sql.export import PREFIX as EXPORTS
from warehouse_sql.ledger import RECEIPTS
from warehouse_sql.model import load_models

Resource = dict[str, Any]
HOME = Path(__file__).parent
PARTS = ("storage", "network", "warehouse", "athena", "arrivals", "watching", "dashboards")
FUNCTIONS = {"arrivals", "extraction", "refresh"}
OPTIONAL = {"extraction": "ExtractsWithLambda", "refresh": "HasDashboards"}
"""Roles of what is not in every environment, with the condition of it."""
ENDED_BADLY = ("FAILED", "TIMEOUT", "STOPPED")
"""States of a job run that are an end and no success (AWS Glue API, JobRunState)."""
GLUE_VERSION = "5.1"
_RELEASE = "s3://${ArtifactsBucket}/releases/${Release}"
_CONFIG = "s3://${ArtifactsBucket}/configuration/${Environment}/${Release}.yaml"


def template() -> dict[str, Any]:
    """Return the whole template."""
    declared = load_pipeline()
    resources: dict[str, Resource] = {}
    for part in PARTS:
        resources |= _read(part)["Resources"]
    resources |= dict(_roles()) | {"WarehouseRole": _warehouse_role()}
    resources |= {_id("Job", name): _job(name, job) for name, job in declared.jobs.items()}
    resources |= {_id("Logs", stream): _job_logs(stream) for stream in ("output", "error")}
    for name, flow in declared.workflows.items():
        resources |= {_id("Workflow", name): _workflow(name, flow)} | dict(_triggers(declared, name, flow))
        resources |= {_id("RunMissing", name): _run_missing(name, flow)}
    resources |= {"ExtractionRule": _extraction_rule(declared), "JobsFailed": _failure_rule(declared)}
    resources |= {"ReceiptsRule": _receipts_rule()}
    resources |= {"ExportedDays": _exported_days(), "Dashboard": _dashboard(declared)}
    _bound(resources.values())
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "reelhouse: video-engagement data into Amazon Redshift",
        **_read("parameters"),
        "Resources": resources,
        "Outputs": {
            "Lake": {"Value": {"Ref": "Lake"}},
            "WarehouseHost": {"Value": {"Fn::GetAtt": ["Workgroup", "Workgroup.Endpoint.Address"]}},
            "WarehouseJob": {"Value": {"Ref": _id("Job", "warehouse")}},
            "DailyWorkflow": {"Value": {"Ref": _id("Workflow", "daily")}},
        },
    }


def _bound(resources: Iterable[Resource]) -> None:
    """Give every role the boundary that the account has for this environment (`account.py`), where it has one."""
    for resource in resources:
        if resource["Type"] == "AWS::IAM::Role":
            boundary = {"Fn::If": ["HasBoundary", {"Ref": "Boundary"}, {"Ref": "AWS::NoValue"}]}
            resource["Properties"]["PermissionsBoundary"] = boundary


def _read(part: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((HOME / f"{part}.yaml").read_text(encoding="utf-8"))
    return found


def _id(kind: str, name: str) -> str:
    return f"{kind}{name.replace('-', ' ').title().replace(' ', '')}"


def _named(name: str) -> Resource:
    return {"Fn::Sub": f"reelhouse-${{Environment}}-{name}"}


def _job(name: str, job: Job) -> Resource:
    properties: Resource = {
        "Name": _named(name),
        "Description": job.about,
        "Role": {"Fn::GetAtt": [_id("Role", name), "Arn"]},
        "GlueVersion": GLUE_VERSION,
        "Command": {
            "Name": "glueetl",
            "PythonVersion": "3",
            "ScriptLocation": {"Fn::Sub": f"{_RELEASE}/{script_of(name)}"},
        },
        "WorkerType": job.worker_type,
        "NumberOfWorkers": job.workers,
        "Timeout": job.timeout,
        "MaxRetries": job.retries,
        # One for each workflow, and one that somebody starts by hand: manifests and ledger make order of them.
        "ExecutionProperty": {"MaxConcurrentRuns": 3},
        "DefaultArguments": {
            "--config": {"Fn::Sub": _CONFIG},
            "--environment": {"Ref": "Environment"},
            "--additional-python-modules": {
                "Fn::Sub": f"{_RELEASE}/{ARCHIVE},{_RELEASE}/reelhouse-${{Version}}-py3-none-any.whl"
            },
            "--python-modules-installer-option": "--no-index",
            "--enable-continuous-cloudwatch-log": "true",
            "--custom-logGroup-prefix": {"Fn::Sub": "/aws-glue/jobs/reelhouse-${Environment}"},
        },
    }
    if job.network == "warehouse":
        properties["Connections"] = {"Connections": [{"Ref": "WarehouseConnection"}]}
    return {"Type": "AWS::Glue::Job", "Properties": properties}


def _job_logs(stream: str) -> Resource:
    group = {"Fn::Sub": f"/aws-glue/jobs/reelhouse-${{Environment}}/{stream}"}
    properties = {"LogGroupName": group, "RetentionInDays": {"Ref": "LogDays"}}
    return {
        "Type": "AWS::Logs::LogGroup",
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
        "Properties": properties,
    }


def _workflow(name: str, flow: Workflow) -> Resource:
    properties = {"Name": _named(name), "Description": flow.about, "MaxConcurrentRuns": 1}
    return {"Type": "AWS::Glue::Workflow", "Properties": properties}


def _triggers(declared: Pipeline, name: str, flow: Workflow) -> Iterator[tuple[str, Resource]]:
    """Yield the triggers of a workflow: what begins it, what follows what, and what follows a failure."""
    (first,) = declared.first(flow)
    start = {"Type": "SCHEDULED", "Schedule": flow.schedule, "StartOnCreation": True}
    starting = _trigger(name, "start", start, [_action(first, flow.arguments)])
    if name == "daily":
        starting["Condition"] = "ExtractsWithGlue"
        yield _id("Trigger", f"{name}-after-lambda"), _after_lambda(declared, name, flow, first)
    starting |= _if_read(flow)
    yield _id("Trigger", f"{name}-start"), starting
    for job in declared.order(flow.jobs):
        if needs := declared.jobs[job].needs:
            following = _conditional("AND", [_condition(need, "SUCCEEDED") for need in needs])
            yield _id("Trigger", f"{name}-{job}"), _trigger(name, job, following, [_action(job)])
    failures = [_condition(job, state) for job in flow.jobs for state in ENDED_BADLY]
    yield (
        _id("Trigger", f"{name}-failure"),
        _trigger(name, "failure", _conditional("ANY", failures), [_action(flow.on_failure)]),
    )


def _if_read(flow: Workflow) -> Resource:
    """Return the condition of what needs the one source that a workflow reads; nothing where it reads all."""
    source = flow.arguments.get("source")
    return {"Condition": f"Reads{source.title()}"} if source else {}


def _run_missing(name: str, flow: Workflow) -> Resource:
    """Return the alarm over a workflow of which no load has ended well for a day."""
    properties = {
        "AlarmName": _named(f"run-missing-{name}"),
        "AlarmDescription": f"No run of {name} has ended well for a day. See orchestration/runbooks/run-missing.md",
        "Namespace": NAMESPACE,
        "MetricName": "Finished",
        "Dimensions": [
            {"Name": "Environment", "Value": {"Ref": "Environment"}},
            {"Name": "Workflow", "Value": {"Ref": _id("Workflow", name)}},
        ],
        "Statistic": "Sum",
        "Period": 86400,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "LessThanThreshold",
        "TreatMissingData": "breaching",
        "AlarmActions": [{"Ref": "Alarms"}],
    }
    return {"Type": "AWS::CloudWatch::Alarm", **_if_read(flow), "Properties": properties}


def _after_lambda(declared: Pipeline, name: str, flow: Workflow, first: str) -> Resource:
    """Where a function extracts, it starts the workflow, which begins with what needs the extraction alone."""
    next_jobs = [job for job in flow.jobs if declared.jobs[job].needs == (first,)]
    trigger = _trigger(name, "after-lambda", {"Type": "ON_DEMAND"}, [_action(job) for job in next_jobs])
    return {**trigger, "Condition": "ExtractsWithLambda"}


def _trigger(flow: str, name: str, kind: Resource, actions: list[Resource]) -> Resource:
    workflow = {"Ref": _id("Workflow", flow)}
    properties = {"Name": _named(f"{flow}-{name}"), "WorkflowName": workflow, **kind, "Actions": actions}
    return {"Type": "AWS::Glue::Trigger", "Properties": properties}


def _conditional(logical: str, conditions: list[Resource]) -> Resource:
    return {
        "Type": "CONDITIONAL",
        "StartOnCreation": True,
        "Predicate": {"Logical": logical, "Conditions": conditions},
    }


def _condition(job: str, state: str) -> Resource:
    return {"LogicalOperator": "EQUALS", "JobName": {"Ref": _id("Job", job)}, "State": state}


def _action(job: str, arguments: dict[str, str] | None = None) -> Resource:
    action: Resource = {"JobName": {"Ref": _id("Job", job)}}
    if arguments:
        action["Arguments"] = {f"--{name}": value for name, value in arguments.items()}
    return action


def _roles() -> Iterator[tuple[str, Resource]]:
    for name in load_policies():
        service = "lambda.amazonaws.com" if name in FUNCTIONS else "glue.amazonaws.com"
        role = _role(service, policy_document(name))
        if name in OPTIONAL:
            role["Condition"] = OPTIONAL[name]
        yield (_id("", name) + "Role" if name in FUNCTIONS else _id("Role", name)), role


def _role(service: str, policy: Resource) -> Resource:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [{"PolicyName": "all-that-it-does", "PolicyDocument": policy}],
        },
    }


def _warehouse_role() -> Resource:
    """Return the role with which the warehouse itself reads and writes: COPY from staging, UNLOAD to the exports."""
    return _role("redshift.amazonaws.com", warehouse_policy())


def warehouse_policy() -> Resource:
    """Return what COPY and UNLOAD need (Database Developer Guide, "IAM permissions for COPY, UNLOAD …")."""
    lake = "arn:${AWS::Partition}:s3:::${Lake}"
    reads = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [{"Fn::Sub": f"{lake}/staging/*"}]}
    writes = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": [{"Fn::Sub": f"{lake}/{EXPORTS}*"}],
    }
    lists = {"Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:ListBucket"], "Resource": [{"Fn::Sub": lake}]}
    return {"Version": "2012-10-17", "Statement": [reads, writes, lists]}


def _extraction_rule(declared: Pipeline) -> Resource:
    target = {"Id": "extraction", "Arn": {"Fn::GetAtt": ["ExtractionFunction", "Arn"]}}
    return {
        "Type": "AWS::Events::Rule",
        "Condition": "ExtractsWithLambda",
        "Properties": {
            "Name": _named("extraction"),
            "ScheduleExpression": declared.workflows["daily"].schedule,
            "Targets": [target],
        },
    }


def _receipts_rule() -> Resource:
    """Return the rule that tells of loads that are published: each leaves a receipt in the lake."""
    return {
        "Type": "AWS::Events::Rule",
        "Condition": "HasDashboards",
        "Properties": {
            "Name": _named("receipts"),
            "EventPattern": {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [{"Ref": "Lake"}]}, "object": {"key": [{"prefix": RECEIPTS}]}},
            },
            "Targets": [{"Id": "queue", "Arn": {"Fn::GetAtt": ["Receipts", "Arn"]}}],
        },
    }


def _failure_rule(declared: Pipeline) -> Resource:
    """Return the rule that tells of jobs that failed, with their runbooks."""
    runbooks = ", ".join(f"{name}: {job.runbook}.md" for name, job in declared.jobs.items())
    text = f'"Job <job> of reelhouse ended with <state> (run <run>): <message>. Runbooks: {runbooks}"'
    paths = {
        "job": "$.detail.jobName",
        "state": "$.detail.state",
        "run": "$.detail.jobRunId",
        "message": "$.detail.message",
    }
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Name": _named("job-failed"),
            "EventPattern": {
                "source": ["aws.glue"],
                "detail-type": ["Glue Job State Change"],
                "detail": {
                    "jobName": [{"Ref": _id("Job", name)} for name in declared.jobs],
                    "state": list(ENDED_BADLY),
                },
            },
            "Targets": [
                {
                    "Id": "alarms",
                    "Arn": {"Ref": "Alarms"},
                    "InputTransformer": {"InputPathsMap": paths, "InputTemplate": text},
                }
            ],
        },
    }


def _exported_days() -> Resource:
    """Return the table of Athena over the exports, with the columns of the mart."""
    types = {"double precision": "double"}
    columns = [
        {"Name": name, "Type": types.get(kind, "string" if kind.startswith("varchar") else kind.replace(" ", ""))}
        for name, kind in load_models()["mart.daily_engagement"].columns
    ]
    ranges = {"year": "2025,2035", "month": "1,12", "day": "1,31"}
    projection = {
        "projection.enabled": "true",
        "storage.location.template": {
            "Fn::Sub": f"s3://${{Lake}}/{EXPORTS}year=${{!year}}/month=${{!month}}/day=${{!day}}/"
        },
    }
    for name, values in ranges.items():
        projection |= {f"projection.{name}.type": "integer", f"projection.{name}.range": values}
        if name != "year":
            projection[f"projection.{name}.digits"] = "2"
    formats = "org.apache.hadoop.hive.ql.io.parquet"
    return {
        "Type": "AWS::Glue::Table",
        "Properties": {
            "CatalogId": {"Ref": "AWS::AccountId"},
            "DatabaseName": {"Ref": "Catalog"},
            "TableInput": {
                "Name": "daily_aggregates",
                "TableType": "EXTERNAL_TABLE",
                "Parameters": projection,
                "PartitionKeys": [{"Name": name, "Type": "int"} for name in ranges],
                "StorageDescriptor": {
                    "Columns": columns,
                    "Location": {"Fn::Sub": f"s3://${{Lake}}/{EXPORTS}"},
                    "InputFormat": f"{formats}.MapredParquetInputFormat",
                    "OutputFormat": f"{formats}.MapredParquetOutputFormat",
                    "SerdeInfo": {"SerializationLibrary": f"{formats}.serde.ParquetHiveSerDe"},
                },
            },
        },
    }


def _dashboard(declared: Pipeline) -> Resource:
    jobs = list(declared.jobs)
    widgets = [
        _widget(0, 0, "Seconds of each job", [("Seconds", job) for job in jobs]),
        _widget(12, 0, "Jobs that failed", [("Failed", job) for job in jobs]),
        _widget(
            0, 6, "Rows", [("RecordsLanded", "extract"), ("RecordsNormalised", "normalise"), ("RowsInserted", "load")]
        ),
        _widget(12, 6, "Records in quarantine", [("RecordsQuarantined", "normalise")]),
        _widget(0, 12, "Requests to the source", [("Requests", "extract"), ("RefusedFiles", "extract")]),
        _widget(12, 12, "Most percent of a batch in quarantine", [("QuarantinedPercent", "normalise")], "Maximum"),
        _widget(0, 18, "Hours since the source had news", [("FreshnessHours", "load")], "Maximum"),
    ]
    body = '{"widgets":[' + ",".join(widgets) + "]}"
    properties = {"DashboardName": {"Fn::Sub": "reelhouse-${Environment}"}, "DashboardBody": {"Fn::Sub": body}}
    return {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}


def _widget(x: int, y: int, title: str, metrics: list[tuple[str, str]], of_a_day: str = "Sum") -> str:
    lines = ",".join(f'["reelhouse","{name}","Environment","${{Environment}}","Job","{job}"]' for name, job in metrics)
    properties = (
        f'{{"title":"{title}","region":"${{AWS::Region}}","period":86400,"stat":"{of_a_day}","metrics":[{lines}]}}'
    )
    return f'{{"type":"metric","x":{x},"y":{y},"width":12,"height":6,"properties":{properties}}}'
