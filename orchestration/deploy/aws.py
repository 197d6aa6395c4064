"""What a deployment asks of AWS, and the only place that asks it: each method a few calls, each failure in words."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from hashlib import sha256
from typing import Any

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from dashboards.quicksight import Asset, Request, deploy, present, remove
from extract.errors import ConfigurationError, ReelhouseError
from orchestration.deploy.changes import Change, in_words
from orchestration.deploy.release import SECRETS, Place
from orchestration.glue.run_properties import REFUSED
from orchestration.infrastructure.account import ISSUER, STACK

POLL = 10.0
"""Seconds between two looks at something that takes minutes."""
_ENDED = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"}
_LAMBDA_SECONDS = 930
"""A function ends after 900 (Lambda quotas)."""
ACCOUNT_STACK = f"reelhouse-{STACK}"
_NO_CHANGES = ("didn't contain changes", "No updates are to be performed")
_CAPABILITIES = ["CAPABILITY_IAM"]
_NEVER_WHOLE = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
"""States of a stack after which only deletion is possible (CloudFormation User Guide, "Stack status codes")."""
_GONE = {"ResourceNotFoundException", "NoSuchBucket"}
"""What Redshift Serverless and Secrets Manager, and S3, say of what is not there."""


def here() -> tuple[str, str]:
    """Return account and region of the caller.

    Raises:
        ConfigurationError: there are no credentials or no region, or nobody answers.
    """
    session = Session()
    try:
        account = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise ConfigurationError(
            f"AWS cannot be asked who we are ({type(error).__name__}). Nothing was touched; region and credentials are "
            "found as every AWS tool finds them"
        ) from None
    return account, str(session.region_name)


class Aws:
    """One environment on AWS."""

    def __init__(self, place: Place, sleep: Callable[[float], None] = time.sleep) -> None:
        """Prepare; nothing is asked yet."""
        self.place = place
        self._sleep = sleep
        self._session = Session(region_name=place.region)

    @cached_property
    def _s3(self) -> Any:
        return self._session.client("s3")

    @cached_property
    def _stacks(self) -> Any:
        return self._session.client("cloudformation")

    @cached_property
    def _glue(self) -> Any:
        return self._session.client("glue")

    @cached_property
    def _warehouse(self) -> Any:
        return self._session.client("redshift-serverless")

    @cached_property
    def _secrets(self) -> Any:
        return self._session.client("secretsmanager")

    @cached_property
    def _quicksight(self) -> Any:
        return self._session.client("quicksight")

    def ensure_artifacts(self) -> None:
        """Make the bucket of the releases where it is not: private, versioned, encrypted, over TLS alone."""
        bucket = self.place.artifacts
        with _told("the bucket of the releases"):
            try:
                self._s3.head_bucket(Bucket=bucket)
            except ClientError as error:
                if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
                    raise
            else:
                return
            where = {"CreateBucketConfiguration": {"LocationConstraint": self.place.region}}
            self._s3.create_bucket(Bucket=bucket, **({} if self.place.region == "us-east-1" else where))
            self._s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            self._s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=_PRIVATE)
            self._s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(_tls_alone(bucket)))
            self._s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [_PLANS_GO]})

    def upload(self, key: str, data: bytes) -> bool:
        """Put an object that is called by its hash, where it is not there yet; return whether it was new.

        Raises:
            ReelhouseError: something else is there under that name, which nobody may run.
        """
        bucket, checksum = self.place.artifacts, b64encode(sha256(data).digest()).decode()
        with _told(f"s3://{bucket}/{key}"):
            try:
                self._s3.put_object(Bucket=bucket, Key=key, Body=data, IfNoneMatch="*", ChecksumSHA256=checksum)
            except ClientError as error:
                if error.response["Error"]["Code"] != "PreconditionFailed":
                    raise
            else:
                return True
            there = self._s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        if there.get("ChecksumSHA256") != checksum:
            raise ReelhouseError(
                f"s3://{bucket}/{key} is there and is not what this checkout builds under that name: somebody has "
                "put it there. Nothing was deployed; look who has, and remove it"
            )
        return False

    def read(self, key: str) -> bytes:
        """Return an object of the releases."""
        with _told(f"s3://{self.place.artifacts}/{key}"):
            return bytes(self._s3.get_object(Bucket=self.place.artifacts, Key=key)["Body"].read())

    def keys(self, prefix: str) -> list[str]:
        """Return the keys under a prefix, in order."""
        with _told(f"s3://{self.place.artifacts}/{prefix}"):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.place.artifacts, Prefix=prefix)
            return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def stack_status(self) -> str | None:
        """Return the state of the stack; None where there is none."""
        stack = self._stack()
        return str(stack["StackStatus"]) if stack else None

    def stack_parameter(self, name: str) -> str | None:
        """Return what a parameter of the stack is now; None where there is no stack, or none of that name."""
        stack = self._stack() or {}
        given = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", ())}
        return given.get(name)

    def account_outputs(self) -> dict[str, str]:
        """Return what the account's own stack tells of its roles (`infrastructure/account.py`); nothing without it."""
        stack = self._stack(ACCOUNT_STACK) or {}
        return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}

    def github_provider(self) -> str | None:
        """Return the ARN of the account's identity provider of GitHub."""
        with _told("identity providers"):
            listed = self._session.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
        return next((each["Arn"] for each in listed if each["Arn"].endswith(f":oidc-provider/{ISSUER}")), None)

    def _stack(self, name: str | None = None) -> dict[str, Any] | None:
        with _told("the stack"):
            try:
                (stack,) = self._stacks.describe_stacks(StackName=name or self.place.stack)["Stacks"]
            except ClientError as error:
                if "does not exist" in error.response["Error"].get("Message", ""):
                    return None
                raise
            return dict(stack)

    def propose(
        self, name: str, key: str, parameters: Mapping[str, str], role: str | None = None
    ) -> tuple[Change, ...] | None:
        """Make a change set and return what it would do; None where nothing would change (it is removed then).

        Args:
            name: of the change set.
            key: of the template in the bucket of the releases.
            parameters: of the stack.
            role: the ARN of the one in which CloudFormation works, now and from then on; without one it works in that
                of the stack, and where that has none with the rights of the caller.
        """
        status = self.stack_status()
        if status in _NEVER_WHOLE:
            raise ReelhouseError(
                f"the stack {self.place.stack} is in {status}: it was never made whole, or not removed whole, and can "
                f"only be removed ({self._removal}), and made again; nothing was changed"
            )
        is_new = status in {None, "REVIEW_IN_PROGRESS"}
        with _told("the change set"):
            self._stacks.create_change_set(
                StackName=self.place.stack,
                ChangeSetName=name,
                ChangeSetType="CREATE" if is_new else "UPDATE",
                TemplateURL=f"https://{self.place.artifacts}.s3.{self.place.region}.amazonaws.com/{key}",
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
                Capabilities=_CAPABILITIES,
                ImportExistingResources=is_new,
                **({"RoleARN": role} if role else {}),
                Tags=[{"Key": "reelhouse", "Value": self.place.environment}],
            )
            while True:
                answer = self._stacks.describe_change_set(StackName=self.place.stack, ChangeSetName=name)
                if answer["Status"] in {"CREATE_COMPLETE", "FAILED"}:
                    break
                self._sleep(POLL)
            if answer["Status"] == "FAILED":
                reason = answer.get("StatusReason", "no reason told")
                self.discard(name)
                if any(words in reason for words in _NO_CHANGES):
                    return None
                raise ReelhouseError(f"CloudFormation takes no such change: {reason}. Nothing was changed")
            changes = list(answer["Changes"])
            while token := answer.get("NextToken"):
                answer = self._stacks.describe_change_set(
                    StackName=self.place.stack, ChangeSetName=name, NextToken=token
                )
                changes += answer["Changes"]
            return in_words(changes)

    @property
    def _removal(self) -> str:
        if self.place.stack == ACCOUNT_STACK:
            return f"`aws cloudformation delete-stack --stack-name {ACCOUNT_STACK}`"
        return f"`reelhouse deploy destroy {self.place.environment}`, which keeps all data"

    def discard(self, name: str) -> None:
        """Remove a change set. The empty stack that a first one leaves costs nothing, and the next one uses it."""
        with _told("the change set"):
            self._stacks.delete_change_set(StackName=self.place.stack, ChangeSetName=name)

    def execute(self, name: str) -> None:
        """Do what a change set proposes, and wait for its end.

        What it had made of new when it failed is removed again, also what is kept otherwise: it is empty, and would be
        in the way of the next attempt.
        """
        with _told("the stack"):
            self._stacks.execute_change_set(StackName=self.place.stack, ChangeSetName=name, RetainExceptOnCreate=True)
        status = self._settled()
        if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}:
            raise ReelhouseError(
                f"the stack {self.place.stack} ended in {status}: {self._first_failure()}. CloudFormation "
                "has taken back what it could; see runbooks/deploy-failed.md"
            )

    def delete_stack(self) -> None:
        """Delete the stack and wait; what holds data stays beside it."""
        with _told("the stack"):
            self._stacks.delete_stack(StackName=self.place.stack)
        if (status := self._settled()) not in {None, "DELETE_COMPLETE"}:
            raise ReelhouseError(f"the stack {self.place.stack} ended in {status}: {self._first_failure()}")

    def _settled(self) -> str | None:
        while (status := self.stack_status()) and status.endswith("_IN_PROGRESS"):
            self._sleep(POLL)
        return status

    def _first_failure(self) -> str:
        with _told("the stack's events"):
            events = self._stacks.describe_stack_events(StackName=self.place.stack)["StackEvents"]
        failed = [event for event in reversed(events) if event.get("ResourceStatus", "").endswith("_FAILED")]
        if not failed:
            return "no event says why"
        return f"{failed[0]['LogicalResourceId']}: {failed[0].get('ResourceStatusReason', 'no reason told')}"

    def usage_limit(self) -> tuple[str, int] | None:
        """Return id and RPU hours of what ends the warehouse's computing for the day; None where nothing does."""
        with _told("the usage limit"):
            workgroup = self._workgroup()
            if workgroup is None:
                return None
            limits = self._warehouse.list_usage_limits(resourceArn=workgroup, usageType="serverless-compute")
            return next(((each["usageLimitId"], each["amount"]) for each in limits["usageLimits"]), None)

    def limit_usage(self, rpu_hours: int) -> None:
        """Let the warehouse stop computing for the day after so many RPU hours, which CloudFormation cannot say."""
        limit = self.usage_limit()
        with _told(f"the usage limit of {rpu_hours} RPU hours a day, without which only an alarm tells of cost"):
            if limit:
                self._warehouse.update_usage_limit(usageLimitId=limit[0], amount=rpu_hours)
                return
            self._warehouse.create_usage_limit(
                resourceArn=self._workgroup(),
                usageType="serverless-compute",
                amount=rpu_hours,
                period="daily",
                breachAction="deactivate",
            )

    def _workgroup(self) -> str | None:
        try:
            return str(self._warehouse.get_workgroup(workgroupName=self.place.stack)["workgroup"]["workgroupArn"])
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise

    def run_job(self, job: str) -> tuple[str, str]:
        """Start a job of Glue and wait for its end; return its state and what it says."""
        name = f"{self.place.stack}-{job}"
        with _told(f"the job {name}"):
            run = self._glue.start_job_run(JobName=name)["JobRunId"]
            while True:
                found = self._glue.get_job_run(JobName=name, RunId=run)["JobRun"]
                if found["JobRunState"] in _ENDED:
                    return str(found["JobRunState"]), str(found.get("ErrorMessage", "it says nothing; see its log"))
                self._sleep(POLL)

    def start_workflow(self, workflow: str) -> str:
        """Start a workflow; return the id of its run."""
        name = f"{self.place.stack}-{workflow}"
        with _told(f"the workflow {name}"):
            return str(self._glue.start_workflow_run(Name=name)["RunId"])

    def extract(self) -> str:
        """Have the function extract, which starts the daily workflow; return the id of that one's run.

        Raises:
            ReelhouseError: it failed, or another run is under way, which will take what landed.
        """
        name = f"{self.place.stack}-extraction"
        # It answers when it ends, and is not to be called twice.
        patience = Config(read_timeout=_LAMBDA_SECONDS, retries={"max_attempts": 0})
        with _told(f"the function {name}"):
            answer = self._session.client("lambda", config=patience).invoke(FunctionName=name, Payload=b"{}")
            found = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            said = found.get("errorMessage", "see its log")
            raise ReelhouseError(f"the function {name} failed: {said}; see runbooks/extraction-failed.md")
        if found["workflow_run"] is None:
            raise ReelhouseError(
                f"the function {name} has extracted, and another run is under way, which takes it; apply again when "
                "that has ended"
            )
        return str(found["workflow_run"])

    def ended_workflow(self, workflow: str, run: str) -> dict[str, int]:
        """Wait for the end of a run; return how many of its actions ended how, and refused sources."""
        name = f"{self.place.stack}-{workflow}"
        with _told(f"the workflow {name}"):
            while True:
                found = self._glue.get_workflow_run(Name=name, RunId=run)["Run"]
                if found["Status"] not in {"RUNNING", "STOPPING"}:
                    told = list(found.get("WorkflowRunProperties", {}).values())
                    counts = {key: value for key, value in found["Statistics"].items() if isinstance(value, int)}
                    return {**counts, "RefusedSources": told.count(REFUSED)}
                self._sleep(POLL)

    def secret_state(self, secret: str) -> str:
        """Return whether a secret is ``there``, ``missing`` or ``marked for removal``."""
        name = f"reelhouse/{self.place.environment}/{secret}"
        with _told(f"the secret {name}"):
            try:
                found = self._secrets.describe_secret(SecretId=name)
            except ClientError as error:
                if error.response["Error"]["Code"] in _GONE:
                    return "missing"
                raise
            return "marked for removal" if found.get("DeletedDate") else "there"

    def has_value(self, secret: str) -> bool:
        """Whether a secret was given a value; the value is not asked for."""
        name = f"reelhouse/{self.place.environment}/{secret}"
        with _told(f"the secret {name}"):
            return bool(self._secrets.describe_secret(SecretId=name).get("VersionIdsToStages"))

    def assets(self) -> tuple[Asset, ...]:
        """Return what of ours QuickSight has, each before what it is made of."""
        with _told("the dashboards"):
            return present(self._quicksight, self.place.account, self.place.stack)

    def publish(self, asked: Iterable[Request], say: Callable[[str], None]) -> None:
        """Make or update what is asked of QuickSight, and wait for it."""
        with _told("the dashboards"):
            deploy(self._quicksight, asked, say, sleep=self._sleep)

    def withdraw(self, assets: Iterable[Asset], say: Callable[[str], None]) -> None:
        """Remove assets of QuickSight."""
        with _told("the dashboards"):
            remove(self._quicksight, self.place.account, assets, say)

    def lose_data(self) -> None:
        """Remove what the stack left for the sake of its data; secrets can be had back for a month."""
        with _told("the namespace"), _unless_gone():
            self._warehouse.delete_namespace(namespaceName=self.place.stack)
        with _told("the lake"), _unless_gone():
            self._empty_lake()
            self._s3.delete_bucket(Bucket=self.place.lake)
        for secret in SECRETS:
            with _told(f"the secret {secret}"), _unless_gone():
                self._secrets.delete_secret(
                    SecretId=f"reelhouse/{self.place.environment}/{secret}", RecoveryWindowInDays=30
                )

    def _empty_lake(self) -> None:
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self.place.lake):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            doomed: Any = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            if doomed:
                self._s3.delete_objects(Bucket=self.place.lake, Delete={"Objects": doomed})


_PLANS_GO: Any = {
    "ID": "plans",
    "Status": "Enabled",
    "Filter": {"Prefix": "plans/"},
    "Expiration": {"Days": 7},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
}
_PRIVATE: Any = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


def _tls_alone(bucket: str) -> dict[str, Any]:
    arn = f"arn:aws:s3:::{bucket}"
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [denied]}


@contextmanager
def _unless_gone() -> Iterator[None]:
    """Pass over what was removed before: a removal that was interrupted is done again."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Put into words what AWS refuses."""
    try:
        yield
    except ClientError as error:
        reason = error.response.get("Error", {})
        raise ReelhouseError(
            f"{what}: AWS refuses {error.operation_name} ({reason.get('Code')}: {reason.get('Message')}). What was "
            "done before is kept; every step may be done twice"
        ) from None
    except BotoCoreError as error:
        raise ReelhouseError(f"{what}: AWS cannot be asked ({type(error).__name__}); run again") from None
