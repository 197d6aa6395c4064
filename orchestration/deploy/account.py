"""The account's own stack: made once by somebody who administers it, so that workflows of GitHub may deploy."""

import hashlib
import json
import re
from collections.abc import Iterable
from uuid import uuid4

from extract.errors import ConfigurationError, ReelhouseError
from orchestration.deploy.aws import ACCOUNT_STACK, Aws
from orchestration.deploy.changes import Change
from orchestration.infrastructure.account import PLANNED, account_template

_REPOSITORY = re.compile(r"[A-Za-z0-9-]+(@\d+)?/[A-Za-z0-9._-]+(@\d+)?")


def check_repository(text: str) -> None:
    """Refuse what is no repository as it stands in the subjects of GitHub's tokens.

    Raises:
        ConfigurationError: it is none.
    """
    if not _REPOSITORY.fullmatch(text):
        raise ConfigurationError(
            f"--repository: {text!r} is none; write OWNER/NAME, or OWNER@ID/NAME@ID. Nothing was touched"
        )


def propose(aws: Aws, repository: str, environments: Iterable[str]) -> tuple[str, tuple[Change, ...] | None]:
    """Return the name of a change set that lets a repository deploy, and what it would do; None: nothing.

    Args:
        aws: the account, as the place of its own stack.
        repository: as it stands in the subjects of GitHub's tokens: ``OWNER/NAME`` or ``OWNER@ID/NAME@ID``.
        environments: those that the account holds.
    """
    aws.ensure_artifacts()
    body = json.dumps(account_template(environments), separators=(",", ":")).encode()
    key = f"account/{hashlib.sha256(body).hexdigest()[:16]}.json"
    aws.upload(key, body)
    made_here = aws.stack_parameter("Provider")
    provider = made_here if made_here is not None else aws.github_provider() or ""
    name = f"account-{uuid4().hex[:8]}"
    return name, aws.propose(name, key, {"Repository": repository, "Provider": provider})


def variables(aws: Aws, environments: Iterable[str]) -> list[str]:
    """Return what is still to be typed, so that the workflows know of the roles.

    Raises:
        ReelhouseError: the stack does not tell of one.
    """
    told, environments = aws.account_outputs(), tuple(environments)
    plans = {"AWS_PLAN_ROLE": "Plan"} if PLANNED in environments else {}
    deploys = {f"AWS_DEPLOY_ROLE --env {name}": f"Deploy{name.title()}" for name in environments}
    if missing := sorted({*plans.values(), *deploys.values()} - told.keys()):
        raise ReelhouseError(f"the stack {ACCOUNT_STACK} does not tell of {', '.join(missing)}; type the command again")
    roles = [f"gh variable set {name} --body {told[output]}" for name, output in (plans | deploys).items()]
    return [
        f"gh variable set AWS_REGION --body {aws.place.region}",
        *roles,
        "gh variable set REELHOUSE_CONFIGURATION < reelhouse.yaml",
        "gh variable set AWS_DEPLOYS --body true",
    ]
