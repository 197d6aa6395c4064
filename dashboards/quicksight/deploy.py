"""Asking QuickSight: what is not there is made, what is there is brought to what is declared."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from dashboards.quicksight.requests import Request
from extract.errors import ReelhouseError

_MADE_ALONE = ("Permissions", "Tags", "FolderArns", "Type", "UseAs")
"""What only making takes; an update keeps it. Permissions are changed apart."""
_SHARED = {"data_set", "analysis", "dashboard"}
"""What readers and authors are let use."""
_STATES = {
    "create_data_source": ("describe_data_source", "DataSource", "DataSourceId", "Status", "ErrorInfo"),
    "create_theme": ("describe_theme", "Theme", "ThemeId", "Version.Status", "Version.Errors"),
    "create_analysis": ("describe_analysis", "Analysis", "AnalysisId", "Status", "Errors"),
    "create_dashboard": ("describe_dashboard", "Dashboard", "DashboardId", "Version.Status", "Version.Errors"),
}
_LONGEST = 300
"""Seconds that an asset may take to be made."""
_PAUSE = 2.0
"""Seconds between two looks at an asset that is being made."""


def deploy(
    client: Any,
    asked: Iterable[Request],
    tell: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Make or update each asset, and wait until it is as asked; a dashboard is published.

    Args:
        client: botocore's client of QuickSight.
        asked: the requests, in order.
        tell: is told what was done.
        sleep: waits so many seconds between two looks at an asset that is being made.

    Raises:
        ReelhouseError: QuickSight could not make one; those before it are made.
    """
    for request in asked:
        done = _ask(client, request)
        state = _settled(client, request, sleep)
        if request.operation == "create_dashboard" and done == "updated":
            _publish(client, request, state)
        tell(f"{done}: {request.kind} {request.name}")


def _ask(client: Any, request: Request) -> str:
    if not request.operation.startswith("create_"):
        getattr(client, request.operation)(**request.arguments)
        return "set"
    try:
        getattr(client, request.operation)(**request.arguments)
    except client.exceptions.ResourceExistsException:
        arguments = {name: value for name, value in request.arguments.items() if name not in _MADE_ALONE}
        getattr(client, request.operation.replace("create_", "update_"))(**arguments)
        _permit(client, request)
        return "updated"
    return "made"


def _permit(client: Any, request: Request) -> None:
    """Let those use an asset that was there who shall, and nobody else: who left the list must not go on seeing."""
    kind = request.operation.removeprefix("create_")
    if kind not in _SHARED:
        return
    key = f"{''.join(part.capitalize() for part in kind.split('_'))}Id"
    asset = {"AwsAccountId": request.arguments["AwsAccountId"], key: request.arguments[key]}
    held = getattr(client, f"describe_{kind}_permissions")(**asset).get("Permissions", ())
    granted = request.arguments.get("Permissions", [])
    shall = {each["Principal"] for each in granted}
    revoked = [each for each in held if each["Principal"] not in shall]
    change = {"GrantPermissions": granted, "RevokePermissions": revoked}
    if change := {name: each for name, each in change.items() if each}:
        getattr(client, f"update_{kind}_permissions")(**asset, **change)


def _settled(client: Any, request: Request, sleep: Callable[[float], None]) -> dict[str, Any]:
    """Wait until an asset is made; return what QuickSight says of it."""
    if request.operation not in _STATES:
        return {}
    operation, kind, key, status, errors = _STATES[request.operation]
    account = {"AwsAccountId": request.arguments["AwsAccountId"], key: request.arguments[key]}
    for _ in range(round(_LONGEST / _PAUSE)):
        found: dict[str, Any] = getattr(client, operation)(**account)[kind]
        state = str(_at(found, status))
        if state.endswith("SUCCESSFUL"):
            return found
        if state.endswith("FAILED"):
            raise ReelhouseError(
                f"QuickSight could not make the {request.kind} {request.name}: {_at(found, errors)}. What came before "
                "it is made; correct the cause and deploy again"
            )
        sleep(_PAUSE)
    raise ReelhouseError(
        f"QuickSight did not finish the {request.kind} {request.name} in {_LONGEST} seconds; deploy again, and it goes "
        "on there"
    )


def _publish(client: Any, request: Request, state: dict[str, Any]) -> None:
    """Show the newest version: an update makes one and leaves the published one as it was."""
    client.update_dashboard_published_version(
        AwsAccountId=request.arguments["AwsAccountId"],
        DashboardId=request.arguments["DashboardId"],
        VersionNumber=state["Version"]["VersionNumber"],
    )


def _at(found: dict[str, Any], path: str) -> Any:
    value: Any = found
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
