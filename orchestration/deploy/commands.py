"""`reelhouse deploy`: what is typed, and what is shown."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from extract.errors import ConfigurationError
from orchestration.context import Options, find_configuration
from orchestration.options import command_options
from orchestration.output import print_json, print_table

if TYPE_CHECKING:  # boto3 takes a fifth of a second
    from orchestration.deploy.aws import Aws
    from orchestration.deploy.changes import Change
    from orchestration.deploy.release import Release


@click.group()
def deploy() -> None:
    """Bring reelhouse to an account of AWS, change it there, and take it back."""


@deploy.command()
def template() -> None:
    """Print the template of the stack, as JSON."""
    from orchestration.infrastructure.template import template as made

    click.echo(json.dumps(made(), indent=1))


@deploy.command()
@click.argument("environments", nargs=-1, required=True)
@click.option("--repository", required=True, help="OWNER/NAME on GitHub, or OWNER@ID/NAME@ID where subjects have ids.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def account(environments: tuple[str, ...], repository: str, *, yes: bool) -> None:
    """Let a repository's workflows deploy ENVIRONMENTS of this account: roles by OIDC, and CloudFormation's own.

    Once, with an administrator's credentials; again with all environments of the account when one is added.
    """
    from orchestration.deploy import account as steps
    from orchestration.infrastructure.account import STACK

    for environment in environments:
        _known(environment)
    steps.check_repository(repository)
    aws = _place(STACK)
    name, changes = steps.propose(aws, repository, environments)
    _agree(aws, name, changes, (), yes=yes, lose_data=False)
    if changes is not None:
        aws.execute(name)
    _say("who may deploy is settled. What the workflows have to be told, in the repository's checkout:")
    for line in steps.variables(aws, environments):
        click.echo(line)


@deploy.command()
@click.argument("environment")
@command_options
def plan(options: Options, environment: str) -> None:
    """Build a release, and show in words what deploying it would change; nothing but its template is uploaded."""
    from orchestration.deploy import steps

    aws, release = _built(environment, options)
    target = steps.upload_plan(aws, release)
    shown = steps.propose_dashboards(aws, target.dashboards, _say)
    name, changes = steps.propose(aws, target)
    if changes is not None:
        aws.discard(name)
    _show((*(changes or ()), *steps.propose_limit(aws), *shown), as_json=options.as_json)


@deploy.command("apply")
@click.argument("environment")
@click.option("--yes", is_flag=True, help="Do not ask, unless data would be lost.")
@click.option("--lose-data", is_flag=True, help="Go on although a change loses data.")
@command_options
def apply_(options: Options, environment: str, *, yes: bool, lose_data: bool) -> None:
    """Build a release, change the stack, bring warehouse and dashboards to it, and prove it by a run."""
    from extract.clock import RunClock
    from orchestration.deploy import steps

    aws, release = _built(environment, options)
    target = steps.upload(aws, release, _say)
    shown = steps.propose_dashboards(aws, target.dashboards, _say)
    name, changes = steps.propose(aws, target, as_service=True)
    _agree(aws, name, changes, (*steps.propose_limit(aws), *shown), yes=yes, lose_data=lose_data)
    steps.withdraw_dashboards(aws, target.dashboards, _say)
    steps.apply(aws, name, changes, _say)
    steps.publish_dashboards(aws, target.dashboards, _say)
    steps.smoke(aws, _say)
    steps.remember(aws, release.hash, release.version, RunClock().as_of)


@deploy.command()
@click.argument("environment")
@click.option("--yes", is_flag=True, help="Do not ask, unless data would be lost.")
def rollback(environment: str, *, yes: bool) -> None:
    """Go back to the release before. Tables stay: neighbouring releases read each other's."""
    from extract.clock import RunClock
    from orchestration.deploy import steps

    aws = _opened(environment)
    before = steps.previous(aws)
    target = steps.deployed_target(aws, before)
    shown = steps.propose_dashboards(aws, target.dashboards, _say)
    name, changes = steps.propose(aws, target, as_service=True)
    _agree(aws, name, changes, shown, yes=yes, lose_data=False)
    steps.withdraw_dashboards(aws, target.dashboards, _say)
    if changes is not None:
        aws.execute(name)
    steps.publish_dashboards(aws, target.dashboards, _say)
    _say(f"{environment} is at release {before.release} of {before.at[:19]} again")
    steps.smoke(aws, _say)
    steps.remember(aws, before.release, before.version, RunClock().as_of)


@deploy.command()
@click.argument("environment")
@click.option("--and-data", is_flag=True, help="Remove lake, tables and secrets as well.")
def destroy(environment: str, *, and_data: bool) -> None:
    """Delete dashboards and stack; lake, tables and secrets are kept unless you say otherwise."""
    from orchestration.deploy import steps

    lost = "with lake, tables and secrets" if and_data else "without lake, tables and secrets, which stay"
    click.confirm(f"Delete the stack reelhouse-{environment} and its dashboards, {lost}?", abort=True)
    steps.destroy(_opened(environment), and_data=and_data, say=_say)


def _opened(environment: str) -> "Aws":
    _known(environment)
    return _place(environment)


def _known(environment: str) -> None:
    from orchestration.deploy.release import load_environments

    if environment not in load_environments():
        known = ", ".join(load_environments())
        raise ConfigurationError(
            f"{environment}: there is no such environment; infrastructure/environments.yaml has {known}"
        )


def _place(name: str) -> "Aws":
    from orchestration.deploy.aws import Aws, here
    from orchestration.deploy.release import Place

    return Aws(Place(name, *here()))


def _built(environment: str, options: Options) -> "tuple[Aws, Release]":
    from orchestration.deploy.release import build

    aws = _opened(environment)
    file: Path = find_configuration(options)
    _say(f"building a release for {environment} with {file}")
    return aws, build(aws.place, file.read_text(encoding="utf-8"), str(file))


def _agree(
    aws: "Aws",
    name: str,
    changes: "tuple[Change, ...] | None",
    shown: "tuple[Change, ...]",
    *,
    yes: bool,
    lose_data: bool,
) -> None:
    """Ask whether the changes of the stack and of the dashboards shall be made."""
    proposed = (*(changes or ()), *shown)
    _show(proposed, as_json=False)
    losing = [change.name for change in proposed if change.loses_data]
    if losing and not lose_data:
        aws.discard(name)
        raise ConfigurationError(
            f"{', '.join(losing)}: data would be lost, and nothing was changed; --lose-data goes on"
        )
    if proposed and not yes and not click.confirm("Apply this?"):
        if changes is not None:
            aws.discard(name)
        raise click.Abort


def _show(changes: "tuple[Change, ...]", *, as_json: bool) -> None:
    if as_json:
        print_json(list(changes))
    elif not changes:
        click.echo("nothing would change")
    else:
        rows = [("!" if change.loses_data else "", change.name, change.kind, change.words) for change in changes]
        print_table(("", "resource", "type", "what happens"), rows)


def _say(text: str) -> None:
    click.echo(text, err=True)
