"""The steps of a deployment, each of which may be done twice.

Upload, propose, apply, limit, warehouse, dashboards, smoke, remember.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from dashboards.quicksight import leftover
from extract.clock import format_instant
from extract.errors import ConfigurationError, DataRefused, ReelhouseError
from extract.settings import parse_settings
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


@dataclass(frozen=True, slots=True)
class Target:
    """What an environment is brought to.

    Attributes:
        release: its hash.
        version: of our wheel.
        template: the key of the template in the bucket of the releases.
        dashboards: what is asked of QuickSight; nothing where the configuration names no dashboards.
        streampulse: whether its files are read.
    """

    release: str
    version: str
    template: str
    dashboards: dashboards.Requests
    streampulse: bool


def target_of(place: Place, release: Release, folder: str = "releases") -> Target:
    """Return what a release brings an environment to, with its template in a folder of the bucket."""
    settings = parse_settings(release.configuration, _configuration_key(place, release.hash), {})
    template = f"{folder}/{release.hash}/template.json"
    asked = dashboards.requests_of(place, settings)
    return Target(release.hash, release.version, template, asked, settings.streampulse is not None)


def deployed_target(aws: Aws, entry: Deployed) -> Target:
    """Return what a release brings an environment to that was deployed before, as it was uploaded then."""
    key, asked = _configuration_key(aws.place, entry.release), _dashboards_key(aws.place, entry.release)
    settings = parse_settings(aws.read(key).decode(), key, {})
    requests = dashboards.read(aws.read(asked).decode()) if asked in aws.keys(asked) else ()
    template = f"releases/{entry.release}/template.json"
    return Target(entry.release, entry.version, template, requests, settings.streampulse is not None)


def upload(aws: Aws, release: Release, say: Say) -> Target:
    """Put a release where the stack finds it; what is there already is not sent again."""
    aws.ensure_artifacts()
    target, place = target_of(aws.place, release), aws.place
    new = [name for name, data in release.files.items() if aws.upload(f"releases/{release.hash}/{name}", data)]
    aws.upload(target.template, release.template.encode())
    aws.upload(_configuration_key(place, release.hash), release.configuration.encode())
    if target.dashboards:
        aws.upload(_dashboards_key(place, release.hash), dashboards.written(target.dashboards).encode())
    size = sum(len(release.files[name]) for name in new) / 1024**2
    say(f"release {release.hash}: {len(new)} of {len(release.files)} files uploaded ({size:.1f} MB)")
    return target


def upload_plan(aws: Aws, release: Release) -> Target:
    """Put the template of a release where a plan finds it and no deployment does."""
    aws.ensure_artifacts()
    target = target_of(aws.place, release, "plans")
    aws.upload(target.template, release.template.encode())
    return target


def propose(aws: Aws, target: Target, *, as_service: bool = False) -> tuple[str, tuple[Change, ...] | None]:
    """Return the name of a change set that brings the stack to a release, and what it would do; None: nothing.

    Args:
        aws: the environment.
        target: the release.
        as_service: whether CloudFormation is given its own role, where the account has one for this environment: that
            is for who deploys, and not for who only looks.
    """
    place, account = aws.place, aws.account_outputs()
    suffix = place.environment.title()
    name = f"release-{target.release}-{uuid4().hex[:8]}"  # a plan that was killed, or runs beside this, has its own
    parameters = parameters_of(
        place,
        target.release,
        target.version,
        dashboards=bool(target.dashboards),
        streampulse=target.streampulse,
        secrets=_secrets(aws),
        boundary=account.get(f"Boundary{suffix}", ""),
    )
    role = account.get(f"Service{suffix}") if as_service else None
    return name, aws.propose(name, target.template, parameters, role)


def propose_limit(aws: Aws) -> tuple[Change, ...]:
    """Return what happens to the limit of RPU hours, which CloudFormation has no resource for."""
    wanted, limit = load_environments()[aws.place.environment].daily_rpu_hours, aws.usage_limit()
    if limit and limit[1] == wanted:
        return ()
    words = f"is changed (from {limit[1]} RPU hours a day to {wanted})" if limit else f"is made ({wanted} a day)"
    return (Change("UsageLimit", "RedshiftServerless::UsageLimit", words, loses_data=False),)


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
    for change in propose_limit(aws):
        aws.limit_usage(load_environments()[aws.place.environment].daily_rpu_hours)
        say(f"the usage limit {change.words}")
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
    """Run the daily workflow once, from the source to the tables; where a function extracts, it begins with that.

    Raises:
        DataRefused: a job of it failed, or a source refused.
    """
    if not aws.has_value("wistia_token"):
        say(
            f"no smoke run: the secret reelhouse/{aws.place.environment}/wistia_token has no value yet. Put it with "
            "`aws secretsmanager put-secret-value`, and apply again"
        )
        return
    run = aws.extract() if aws.stack_parameter("ExtractWith") == "lambda" else aws.start_workflow("daily")
    ended = aws.ended_workflow("daily", run)
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
