"""`reelhouse dashboard`: the application, served on this machine for whoever looks at the data.

It reads marts and nothing else, as somebody with the role ``reelhouse_dashboard``. In a sandbox, which nobody
administers, that reader is made; elsewhere it is the user whom the address names, or the caller's AWS identity.
"""

from dataclasses import replace
from importlib.util import find_spec

from extract.errors import ConfigurationError
from orchestration.context import Context
from orchestration.sandboxes import SCHEME, open_warehouse
from warehouse_sql.access import access_statements, load_access, read_held
from warehouse_sql.connection import Connection, Target, connect

ROLE = "reelhouse_dashboard"
READER = "dashboard"
"""The user of a sandbox."""
_MEMBERS = "select user_name from svv_user_grants where role_name = :role"
_USERS = "select user_name from svv_user_info"


def serve_dashboard(context: Context, port: int | None, *, headless: bool) -> None:
    """Serve the application until Ctrl-C.

    Args:
        context: the settings; the age of data is judged by its clock.
        port: where it listens; None: 8501, or the next that is free.
        headless: whether no browser is opened.

    Raises:
        ConfigurationError: the extra is not installed, or there is no warehouse to read.
    """
    if missing := [name for name in ("streamlit", "plotly") if find_spec(name) is None]:
        raise ConfigurationError(
            f"the dashboard needs {' and '.join(missing)}: install reelhouse with its extra, "
            "pip install 'reelhouse[dashboard]'"
        )
    from dashboards.app.reader import Source
    from dashboards.app.serve import serve

    if context.settings.warehouse.startswith(SCHEME):
        admit_reader(open_warehouse(context.settings, context.secrets))
    serve(Source(lambda: reader_of(context), context.clock.now), port, headless=headless)


def reader_of(context: Context) -> Target:
    """Return the address of the warehouse, and who reads it."""
    target = open_warehouse(context.settings, context.secrets)
    return replace(target, user=READER) if context.settings.warehouse.startswith(SCHEME) else target


def admit_reader(target: Target) -> None:
    """Make the reader of a sandbox, with the roles, rights and masks that are declared; nothing is done where it is so.

    Raises:
        ConfigurationError: the sandbox holds no warehouse yet, or one of an earlier release.
    """
    with connect(target) as connection:
        held = read_held(connection)
        if not held.relations.get("mart"):
            raise ConfigurationError(
                "the sandbox holds no warehouse yet: `reelhouse demo` makes one, `reelhouse run` loads what is new"
            )
        access = load_access()
        if {schema for role in access.roles.values() for schema in role.grants} - set(held.relations):
            raise ConfigurationError(
                "an earlier release made this sandbox's warehouse: `reelhouse warehouse apply` brings it to this one"
            )
        for statement in (*_admission(connection), *access_statements(access, held)):
            connection.execute(statement)
        _grant(connection)
        connection.commit()


def _admission(connection: Connection) -> list[str]:
    known = {name for (name,) in connection.rows(_USERS)}
    return [] if READER in known else [f"create user {READER} password disable"]


def _grant(connection: Connection) -> None:
    if (READER,) not in connection.rows(_MEMBERS, {"role": ROLE}):
        connection.execute(f"grant role {ROLE} to {READER}")
