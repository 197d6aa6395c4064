"""Users, groups and roles."""

from collections.abc import Sequence

from sandbox.redshift import rights
from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.rights import Grantee
from sandbox.redshift.session import Session, Sink, Statement
from sandbox.redshift.statements.base import Command
from sandbox.redshift.wire.decode import Value


def role_name(words: TokenCursor) -> str:
    """The name of a role or user; those of the system have a colon in them."""
    name = words.name()
    return f"{name}:{words.name()}" if words.take(":") else name


def names(words: TokenCursor) -> list[str]:
    """Takes names with commas between them."""
    found = [words.name()]
    while words.take(","):
        found.append(words.name())
    return found


def refuse_unknown(session: Session, who: Grantee) -> None:
    """Refuses a role or group that nobody has made; any name may be a user's.

    Raises:
        SqlError: 42704.
    """
    kind, name = who
    if kind in ("role", "group") and session.catalog.get(kind, name) is None and not name.startswith("sys:"):
        raise SqlError("42704", f'{kind} "{name}" does not exist')


class CreatePrincipal(Command):
    """CREATE USER, GROUP or ROLE. A user's password is not kept: the endpoint has one for all, or none."""

    def __init__(self, kind: str, words: TokenCursor) -> None:
        self._kind = kind
        self._name = role_name(words)
        options = [token.upper for token in words.remaining()]
        self._superuser = "CREATEUSER" in options
        self._group = (
            words.remaining()[options.index("GROUP") + 1].name if kind == "user" and "GROUP" in options else None
        )
        self._members = _members(words) if kind == "group" else []
        if not words.done:
            words.rest()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Makes it."""
        rights.refuse_superuser(session.catalog, session.user)
        if session.catalog.get(self._kind, self._name):
            raise SqlError("42710", f'{self._kind} "{self._name}" already exists')
        session.record((self._kind, self._name), {"superuser": self._superuser, "owner": session.user})
        if self._group is not None:
            session.record(("member", "user", self._name, "group", self._group), {})
        for member in self._members:
            session.record(("member", "user", member, "group", self._name), {})
        return f"CREATE {self._kind.upper()}"


def _members(words: TokenCursor) -> list[str]:
    _ = words.take("WITH")
    return names(words) if words.take("USER") else []


class AlterGroup(Command):
    """ALTER GROUP g ADD | DROP USER u [, …]."""

    def __init__(self, words: TokenCursor) -> None:
        self._group = words.name()
        self._adding = words.take("ADD", "USER")
        if not self._adding:
            words.expect("DROP", "USER")
        self._users = names(words)
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Puts users into the group, or takes them out."""
        rights.refuse_superuser(session.catalog, session.user)
        refuse_unknown(session, ("group", self._group))
        for user in self._users:
            session.record(("member", "user", user, "group", self._group), {} if self._adding else None)
        return "ALTER GROUP"


class DropPrincipal(Command):
    """DROP USER, GROUP or ROLE [IF EXISTS] name [, …] [FORCE]: what was granted goes with it."""

    def __init__(self, kind: str, words: TokenCursor) -> None:
        self._kind = kind
        self._if_exists = words.take("IF", "EXISTS")
        self._names = [role_name(words)]
        while words.take(","):
            self._names.append(role_name(words))
        self._force = words.take("FORCE")
        _ = words.take("RESTRICT")
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Drops it."""
        rights.refuse_superuser(session.catalog, session.user)
        for name in self._names:
            if session.catalog.get(self._kind, name) is None:
                if not self._if_exists:
                    raise SqlError("42704", f'{self._kind} "{name}" does not exist')
                continue
            owned = [key for key, found in session.catalog.documents.items() if found.get("owner") == name]
            if self._kind == "user" and owned:
                raise SqlError("2BP01", f'user "{name}" cannot be dropped because some objects depend on it')
            held = [
                key
                for key in session.catalog.documents
                if key[-2:] == (self._kind, name)
                or key[:3] == ("member", self._kind, name)
                or (self._kind == "user" and key[:2] == ("default", name))
            ]
            if self._kind == "role" and held and not self._force:
                raise SqlError("2BP01", f"cannot drop role {name} because other objects depend on it: use FORCE")
            for key in [*held, (self._kind, name)]:
                session.record(key, None)
        return f"DROP {self._kind.upper()}"


def principal(words: TokenCursor) -> str | None:
    """Takes USER, GROUP or ROLE, in small letters, or nothing."""
    if words.peek() in ("USER", "GROUP", "ROLE"):
        return words.next().upper.lower()
    return None


class AlterUser(Command):
    """ALTER USER u [WITH] options: CREATEUSER, NOCREATEUSER and SESSION TIMEOUT count, a password is not kept."""

    def __init__(self, words: TokenCursor) -> None:
        self._name = role_name(words)
        self._timeout = _timeout(words)
        if words.peek() in ("RENAME", "SET", "RESET"):
            raise not_imitated(f"ALTER USER … {words.peek()}")
        self._options = [token.upper for token in words.remaining()]
        if self._timeout is None:
            words.rest()
        words.end()

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Makes somebody a superuser, or no longer one."""
        rights.refuse_superuser(session.catalog, session.user)
        document = session.catalog.get("user", self._name)
        if document is None:
            raise SqlError("42704", f'user "{self._name}" does not exist')
        for word, superuser in (("CREATEUSER", True), ("NOCREATEUSER", False)):
            if word in self._options:
                session.record(("user", self._name), document | {"superuser": superuser})
        if self._timeout is not None:
            session.record(("user", self._name), document | {"timeout": self._timeout})
        return "ALTER USER"


def _timeout(words: TokenCursor) -> int | None:
    """Takes SESSION TIMEOUT limit or RESET SESSION TIMEOUT; it is remembered, and ends no session."""
    if words.take("RESET", "SESSION", "TIMEOUT"):
        return 0
    if not words.take("SESSION", "TIMEOUT"):
        return None
    limit = words.next().text
    if not limit.isdigit() or not 60 <= int(limit) <= 1_728_000:
        raise SqlError("22023", "SESSION TIMEOUT must be between 60 and 1728000 seconds")
    return int(limit)


def alter_principal(words: TokenCursor) -> Statement:
    """ALTER GROUP and ALTER USER; roles are altered only outside."""
    if words.take("GROUP"):
        return AlterGroup(words)
    if words.take("USER"):
        return AlterUser(words)
    raise not_imitated(f"ALTER {words.peek()}")
