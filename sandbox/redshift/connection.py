"""One client's conversation: messages in, messages out, until it leaves or breaks the protocol."""

import contextlib
import datetime
import socket
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.redshift import lexer, statements
from sandbox.redshift.channel import Answer, Channel
from sandbox.redshift.errors import TERMINATED, SqlError
from sandbox.redshift.greeting import Access, greet
from sandbox.redshift.record import Row, now
from sandbox.redshift.session import Session, Statement
from sandbox.redshift.warehouse import Warehouse
from sandbox.redshift.wire import backend, decode, frontend
from sandbox.redshift.wire.frontend import ProtocolError
from sandbox.redshift.wire.types import UNKNOWN, Column, expand_formats

_PARAMETERS = {
    # The driver reads counts of rows by this version, and Redshift has always said so.
    "server_version": "8.0.2",
    "server_encoding": "UTF8",
    "client_encoding": "UTF8",
    "DateStyle": "ISO, MDY",
    "TimeZone": "UTC",
    "integer_datetimes": "on",
    "is_superuser": "on",
}


@dataclass(slots=True)
class Prepared:
    """A statement that a client has parsed; None stands for an empty one."""

    sql: str
    statement: Statement | None
    oids: tuple[int, ...]
    columns: Sequence[Column] | None = None
    described: bool = False


@dataclass(slots=True)
class Portal:
    """A prepared statement with its values."""

    prepared: Prepared
    values: list[decode.Value]
    formats: tuple[int, ...]
    suspended: tuple[Answer, str] | None = None
    """What is left of its rows, and the tag at their end, while the client takes them in portions."""


_MOST_MICROSECONDS = 2**31 - 1
"""Of the integer in which SYS_CONNECTION_LOG has the duration."""


class Connection:
    """Serves one client. Nothing that it does can end another's session."""

    def __init__(self, client: socket.socket, warehouse: Warehouse, access: Access) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._channel = Channel(client)
        self._warehouse = warehouse
        self._access = access
        self._prepared: dict[str, Prepared] = {}
        self._portals: dict[str, Portal] = {}
        self._skipping = False
        self._handlers: dict[type[Any], Callable[[Session, Any], None]] = {
            frontend.Parse: self._parse,
            frontend.Bind: self._bind,
            frontend.Describe: self._describe,
            frontend.Execute: self._execute,
            frontend.Close: self._close,
        }

    def serve(self) -> None:
        """Speaks with the client until it leaves, is terminated, or sends what is no protocol."""
        session = None
        facts: Row = {}
        try:
            user = self._greeted()
            if user is not None:
                session = Session(self._warehouse, user, self._channel.hang_up)
                facts = self._channel.facts() | {"session_id": session.pid, "started": now()}
                self._log("authenticated", facts)
                self._log("initiating session", facts)
                self._welcome(session)
                self._converse(session)
        except ProtocolError as problem:
            self._say_goodbye(SqlError("08P01", f"protocol violation: {problem}"))
        except SqlError as problem:
            self._say_goodbye(problem)
        except OSError:  # the client is gone: what it left open is rolled back below
            return
        finally:
            if session is not None:
                session.close()
                passed = (now() - facts["started"]) // datetime.timedelta(microseconds=1)
                self._log("disconnecting session", facts | {"duration": min(passed, _MOST_MICROSECONDS)})
            self._channel.close()

    def _greeted(self) -> str | None:
        try:
            return greet(self._channel, self._access, self._warehouse.cancel)
        except SqlError as problem:
            if problem.code == "28000":
                self._log("authentication failure", self._channel.facts())
            raise

    def _log(self, event: str, facts: Row) -> None:
        """A row of SYS_CONNECTION_LOG."""
        method = "password" if self._access.password is not None else "trust"
        known = {"event": event, "record_time": now(), "auth_method": method}
        self._warehouse.record.add("sys_connection_log", facts | known)

    def _welcome(self, session: Session) -> None:
        send = self._channel.send
        send(backend.AUTHENTICATION_OK)
        for name, value in _PARAMETERS.items():
            send(backend.parameter_status(name, value))
        send(backend.parameter_status("server_protocol_version", str(self._channel.protocol)))
        send(backend.backend_key(session.pid, session.secret))
        self._ready(session)

    def _ready(self, session: Session) -> None:
        if session.status == "I":  # a portal goes with its transaction
            self._portals = {name: portal for name, portal in self._portals.items() if portal.suspended is None}
        self._channel.send(backend.ready(session.status))
        self._channel.flush()

    def _say_goodbye(self, problem: SqlError) -> None:
        with contextlib.suppress(OSError):
            self._channel.send(backend.error(problem, "FATAL"))
            self._channel.flush()

    def _converse(self, session: Session) -> None:
        while (message := self._channel.message()) is not None and not session.terminated:
            match message:
                case frontend.Terminate():
                    return
                case frontend.Sync():
                    self._skipping = False
                    self._ready(session)
                case frontend.Flush():
                    self._channel.flush()
                case frontend.Query():
                    self._query(session, message.sql)
                case frontend.Password():
                    pass  # trust: the driver sends one only when asked
                case _ if not self._skipping:
                    self._extended(session, message)
        if session.terminated:
            raise TERMINATED

    def _extended(self, session: Session, message: frontend.Message) -> None:
        self._skipping = not self._attempt(session, lambda: self._handlers[type(message)](session, message))

    def _attempt(self, session: Session, act: Callable[[], None]) -> bool:
        """Does something, or sends why it could not be done; False then."""
        try:
            act()
        except SqlError as refused:
            problem = refused
        except (OSError, ProtocolError):
            raise
        except Exception as mistake:  # noqa: BLE001 - a mistake of ours must cost a statement, not the session
            traceback.print_exc()
            problem = SqlError("XX000", f"mistake of the sandbox endpoint: {type(mistake).__name__}: see its log")
        else:
            return True
        if session.terminated:
            raise problem
        session.fail()
        self._channel.send(backend.error(problem))
        return False

    def _parse(self, _: Session, message: frontend.Parse) -> None:
        count = max(len(message.oids), lexer.parameter_count(message.sql))
        oids = tuple((oid or UNKNOWN) for oid in message.oids) + (UNKNOWN,) * (count - len(message.oids))
        self._prepared[message.name] = Prepared(message.sql, statements.read(message.sql, oids), oids)
        self._channel.send(backend.PARSE_COMPLETE)

    def _bind(self, _: Session, message: frontend.Bind) -> None:
        prepared = self._known(message.statement)
        values = decode.parameters(message.values, message.formats, prepared.oids)
        self._portals[message.portal] = Portal(prepared, values, message.result_formats)
        self._channel.send(backend.BIND_COMPLETE)

    def _describe(self, session: Session, message: frontend.Describe) -> None:
        if message.kind == "S":
            prepared = self._known(message.name)
            formats: tuple[int, ...] = ()
            self._channel.send(backend.parameter_description(prepared.oids))
        else:
            portal = self._portal(message.name)
            prepared, formats = portal.prepared, portal.formats
        self._columns_of(session, prepared)
        if prepared.columns is None:
            self._channel.send(backend.NO_DATA)
        else:
            shown = expand_formats(formats, len(prepared.columns))
            self._channel.send(backend.row_description(prepared.columns, shown, self._channel.protocol))

    def _columns_of(self, session: Session, prepared: Prepared) -> None:
        if prepared.statement is not None and not prepared.described:
            prepared.columns = session.describe(prepared.statement)
            prepared.described = True

    def _execute(self, session: Session, message: frontend.Execute) -> None:
        portal = self._portal(message.portal)
        if portal.prepared.statement is None:
            self._channel.send(backend.EMPTY_QUERY)
            return
        if portal.suspended is not None:
            answer, tag = portal.suspended
            answer.go_on(message.max_rows)
        else:
            self._columns_of(session, portal.prepared)
            answer = Answer(self._channel, portal.formats, portal.prepared.columns or (), message.max_rows)
            tag = session.execute(portal.prepared.statement, portal.values, answer, portal.prepared.sql)
        portal.suspended = (answer, tag) if answer.is_waiting else None
        self._channel.send(backend.PORTAL_SUSPENDED if answer.is_waiting else backend.command_complete(tag))

    def _close(self, _: Session, message: frontend.Close) -> None:
        named: dict[str, Any] = self._prepared if message.kind == "S" else self._portals
        named.pop(message.name, None)
        self._channel.send(backend.CLOSE_COMPLETE)

    def _known(self, name: str) -> Prepared:
        if name not in self._prepared:
            raise SqlError("26000", f'prepared statement "{name}" does not exist')
        return self._prepared[name]

    def _portal(self, name: str) -> Portal:
        if name not in self._portals:
            raise SqlError("34000", f'portal "{name}" does not exist')
        return self._portals[name]

    def _query(self, session: Session, sql: str) -> None:
        """The simple protocol: statements one after the other, each answered in text."""
        self._attempt(session, lambda: self._run_all(session, sql))
        self._ready(session)

    def _run_all(self, session: Session, sql: str) -> None:
        parts = lexer.split(sql)
        if not parts:
            self._channel.send(backend.EMPTY_QUERY)
        for part in parts:
            statement = statements.read(part)
            if statement is not None:
                tag = session.execute(statement, (), Answer(self._channel, (0,), None), part)
                self._channel.send(backend.command_complete(tag))
