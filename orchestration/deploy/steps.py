"""The steps of a deployment, each of which may be done twice.

Upload, propose, apply, warehouse, dashboards, smoke, remember.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from dashboards.quicksight import leftover
from extract.clock import format_instant
from extract.errors import ConfigurationError, DataRefused, ReelhouseError
from extract.settings import Settings, parse_settings
from orchestration.deploy import dashboards
from orchestration.deploy.aws import Aws
from orchestration.deploy.changes import Change
from orchestration.deploy.release import SECRETS, Place, Release, load_environments, parameters_of

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Deployed:
    """A release that was deployed before."""

    release: str
    version: str
    at: str


def upload(aws: Aws, release: Release, say: Say) -> None:
    """Put a release where the stack finds it; what is there already is not sent again."""
    aws.ensure_artifacts()
    folder, place = f"releases/{release.hash}", aws.place
    new = [name for name, data in release.files.items() if aws.upload(f"{folder}/{name}", data)]
    aws.upload(f"{folder}/template.json", release.template.encode())
    configuration = _configuration_key(place, release.hash)
    aws.upload(configuration, release.configuration.encode())
    if asked := dashboards.requests_of(place, parse_settings(release.configuration, configuration, {})):
        aws.upload(_dashboards_key(place, release.hash), dashboards.written(asked).encode())
    size = sum(len(release.files[name]) for name in new) / 1024**2
    say(f"release {release.hash}: {len(new)} of {len(release.files)} files uploaded ({size:.1f} MB)")


def propose(aws: Aws, release: str, version: str) -> tuple[str, tuple[Change, ...] | None]:
    """Return the name of a change set that brings the stack to a release, and what it would do; None: nothing."""
    place = aws.place
    name = f"release-{release}-{uuid4().hex[:8]}"  # a plan that was killed, or runs beside this, has one of its own
    url = f"https://{place.artifacts}.s3.{place.region}.amazonaws.com/releases/{release}/template.json"
    parameters = parameters_of(
        place,
        release,
        version,
        dashboards=bool(dashboards_of(aws, release)),
        streampulse=settings_of(aws, release).streampulse is not None,
        secrets=_secrets(aws),
    )
    return name, aws.propose(name, url, parameters)


def _secrets(aws: Aws) -> str:
    """Return whether the stack makes its secrets, or one before it has left them: CloudFormation takes none over.

    Raises:
        ConfigurationError: some are there and others not, or one is about to be removed.
    """
    if aws.stack_status() not in {None, "REVIEW_IN_PROGRESS"}:
        return aws.stack_parameter("Secrets") or "made"
    states = {secret: aws.secret_state(secret) for secret in SECRETS}
    if set(states.values()) == {"missing"}:
        return "made"
    if set(states.values()) == {"there"}:
        return "kept"
    told = ", ".join(f"reelhouse/{aws.place.environment}/{secret} is {state}" for secret, state in states.items())
    raise ConfigurationError(
        f"secrets of an earlier stack: {told}. A new stack takes all of them or makes all of them: restore those "
        "that are marked for removal (`aws secretsmanager restore-secret`), or remove those that are there; nothing "
        "was changed"
    )


def settings_of(aws: Aws, release: str) -> Settings:
    """Return the configuration of the jobs of a release that was uploaded."""
    key = _configuration_key(aws.place, release)
    return parse_settings(aws.read(key).decode(), key, {})


def dashboards_of(aws: Aws, release: str) -> dashboards.Requests:
    """Return what a release asks of QuickSight; nothing where its configuration names no dashboards."""
    key = _dashboards_key(aws.place, release)
    return dashboards.read(aws.read(key).decode()) if key in aws.keys(key) else ()


def propose_dashboards(aws: Aws, asked: dashboards.Requests, say: Say) -> tuple[Change, ...]:
    """Return what a deployment would do in QuickSight, which is not asked where no release ever had dashboards."""
    if not asked:
        say("no dashboards in QuickSight: the configuration names no quicksight.secret")
        if not _had_dashboards(aws):
            return ()
    return dashboards.in_words(asked, aws.assets())


def publish_dashboards(aws: Aws, asked: dashboards.Requests, say: Say) -> None:
    """Bring QuickSight to what a release asks of it, and remove what of ours nobody asks for any more."""
    if asked:
        aws.publish(asked, say)
        aws.withdraw(leftover(asked, aws.assets()), say)


def withdraw_dashboards(aws: Aws, asked: dashboards.Requests, say: Say) -> None:
    """Remove all dashboards where a release asks for none: before the stack, whose connection they read through."""
    if not asked and _had_dashboards(aws):
        aws.withdraw(aws.assets(), say)


def _had_dashboards(aws: Aws) -> bool:
    return bool(aws.keys(f"dashboards/{aws.place.environment}/"))


def _configuration_key(place: Place, release: str) -> str:
    return f"configuration/{place.environment}/{release}.yaml"


def _dashboards_key(place: Place, release: str) -> str:
    return f"dashboards/{place.environment}/{release}.json"


def apply(aws: Aws, name: str, changes: tuple[Change, ...] | None, say: Say) -> None:
    """Bring the stack to a change set, then the warehouse to the release, as a job; then one run as a proof.

    Raises:
        DataRefused: the warehouse's job or the run failed.
        ReelhouseError: AWS refused a step.
    """
    if changes is None:
        say("the stack is as it should be")
    else:
        aws.execute(name)
        say(f"the stack {aws.place.stack} is changed")
    aws.limit_usage(load_environments()[aws.place.environment].daily_rpu_hours)
    prepare_warehouse(aws, say)


def prepare_warehouse(aws: Aws, say: Say) -> None:
    """Run migrations and checks as a job, in the account: nobody else connects to the warehouse.

    Raises:
        DataRefused: it failed.
    """
    state, said = aws.run_job("warehouse")
    if state != "SUCCEEDED":
        raise DataRefused(
            f"the job {aws.place.stack}-warehouse ended with {state}: {said}. The stack is changed, the warehouse is "
            "not known to be; see runbooks/deploy-failed.md"
        )
    say("the warehouse is at this release, and its checks passed")


def smoke(aws: Aws, say: Say) -> None:
    """Run the daily workflow once, from the source to the tables.

    Raises:
        DataRefused: a job of it failed, or a source refused.
    """
    if not aws.has_value("wistia_token"):
        say(
            f"no smoke run: the secret reelhouse/{aws.place.environment}/wistia_token has no value yet. Put it with "
            "`aws secretsmanager put-secret-value`, and apply again"
        )
        return
    ended = aws.run_workflow("daily")
    if any(ended.get(count) for count in ("FailedActions", "TimeoutActions", "StoppedActions", "RefusedSources")):
        raise DataRefused(
            f"the smoke run failed: {ended}. `reelhouse deploy rollback {aws.place.environment}` goes back to the "
            "release before; see runbooks/deploy-failed.md"
        )
    say(f"smoke run: {ended.get('SucceededActions', 0)} jobs succeeded")


def remember(aws: Aws, release: str, version: str, at: datetime) -> None:
    """Write down that a release is deployed, after all else succeeded."""
    entry = {"release": release, "version": version, "at": format_instant(at)}
    aws.upload(f"deployments/{aws.place.environment}/{format_instant(at)}.json", json.dumps(entry).encode())


def history(aws: Aws) -> list[Deployed]:
    """Return what was deployed, the newest last."""
    keys = aws.keys(f"deployments/{aws.place.environment}/")
    return [Deployed(**json.loads(aws.read(key))) for key in keys]


def previous(aws: Aws) -> Deployed:
    """Return the last release that was proved and is not the one that the stack has: that may have failed its proof.

    Raises:
        ConfigurationError: there is none.
    """
    now = aws.stack_parameter("Release")
    for entry in reversed(history(aws)):
        if entry.release != now:
            return entry
    raise ConfigurationError(f"{aws.place.environment}: there is no release before this one to go back to")


def destroy(aws: Aws, *, and_data: bool, say: Say) -> None:
    """Delete the stack; what holds data stays unless it is told otherwise."""
    is_there = aws.stack_status() is not None
    if not is_there and not and_data:
        raise ReelhouseError(f"there is no stack {aws.place.stack}; nothing was touched")
    if is_there:
        withdraw_dashboards(aws, (), say)
        aws.delete_stack()
        say(f"the stack {aws.place.stack} is gone; {_left(aws.place)}")
    if and_data:
        aws.lose_data()
        say("lake and tables are gone too; the secrets can be restored for 30 days")


def _left(place: Place) -> str:
    return (
        f"the bucket {place.lake}, the namespace {place.stack} and the secrets reelhouse/{place.environment}/* are kept"
    )
