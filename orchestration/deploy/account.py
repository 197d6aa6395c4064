"""The account's own stack: made once by somebody who administers it, so that workflows of GitHub may deploy."""

import hashlib
import json
import re
from collections.abc import Iterable
from uuid import uuid4

from extract.errors import ConfigurationError
from orchestration.deploy.aws import Aws
from orchestration.deploy.changes import Change
from orchestration.infrastructure.account import PLANNED, account_template

_REPOSITORY = re.compile(r"[A-Za-z0-9-]+(@\d+)?/[A-Za-z0-9._-]+(@\d+)?")


def propose(aws: Aws, repository: str, environments: Iterable[str]) -> tuple[str, tuple[Change, ...] | None]:
    """Return the name of a change set that lets a repository deploy, and what it would do; None: nothing.

    Args:
        aws: the account, as the place of its own stack.
        repository: as it stands in the subjects of GitHub's tokens: ``OWNER/NAME`` or ``OWNER@ID/NAME@ID``.
        environments: those that the account holds.

    Raises:
        ConfigurationError: the repository is none.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise ConfigurationError(f"--repository: {repository!r} is none; write OWNER/NAME, or OWNER@ID/NAME@ID")
    aws.ensure_artifacts()
    body = json.dumps(account_template(environments), separators=(",", ":")).encode()
    key = f"account/{hashlib.sha256(body).hexdigest()[:16]}.json"
    aws.upload(key, body)
    made_here = aws.stack_parameter("Provider")
    provider = made_here if made_here is not None else aws.github_provider() or ""
    name = f"account-{uuid4().hex[:8]}"
    return name, aws.propose(name, key, {"Repository": repository, "Provider": provider})


def variables(aws: Aws, environments: Iterable[str]) -> list[str]:
    """Return what is still to be typed, so that the workflows know of the roles."""
    roles = aws.account_outputs()
    lines = [f"gh variable set AWS_REGION --body {aws.place.region}"]
    if PLANNED in environments:
        lines.append(f"gh variable set AWS_PLAN_ROLE --body {roles['Plan']}")
    for environment in environments:
        role = roles[f"Deploy{environment.title()}"]
        lines.append(f"gh variable set AWS_DEPLOY_ROLE --env {environment} --body {role}")
    lines.append("gh variable set REELHOUSE_CONFIGURATION < reelhouse.yaml")
    lines.append("gh variable set AWS_DEPLOYS --body true")
    return lines
