"""Attempts to load: who is at work, who holds the lock, and who can be taken for dead.

An attempt announces itself in the warehouse, with the session that it works in, and beats in the lake for as long as
its process lives. Whoever waits for the lock longer than it may looks for attempts that do not beat: their process is
gone, and only the warehouse has not noticed. Their sessions are ended (PG_TERMINATE_BACKEND, Database Developer Guide:
a user may end its own), which undoes what they had not committed. A process that was only asleep finds its connection
lost, and begins again as after any other loss; if its commit came first, the load is in the ledger, once.
"""

import hashlib
import json
import math
import os
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from extract.errors import LockHeld, ReelhouseError
from extract.lake import Lake
from extract.progress import Progress
from extract.settings import Load
from warehouse_sql.connection import Cancelled, Connection, StatementRefused

BEATS = "staging/_attempts/"
SHARE = 4
"""A process beats so often in the time after which it would be taken for dead."""
_ANNOUNCE = """
insert into audit.load_attempt (run_id, host, process_id, session_id, started_at)
values (:run_id, :host, :process_id, pg_backend_pid(), getdate())
"""
_FINISH = "update audit.load_attempt set finished_at = getdate() where run_id = :run_id and finished_at is null"
_CLOSE = """
update audit.load_attempt
set finished_at = getdate()
where run_id = :run_id and session_id = :session_id and finished_at is null
"""
_OPEN = """
select run_id, host, process_id, nvl(session_id, 0), started_at, getdate()
from audit.load_attempt
where finished_at is null
order by started_at desc
"""
_TERMINATE = "select pg_terminate_backend(:session_id)"


@dataclass(frozen=True, slots=True)
class Announced:
    """An attempt that has not ended, as the warehouse remembers it; instants are of the warehouse's clock."""

    run_id: str
    host: str
    process_id: int
    session_id: int
    """The session in which it works; 0 where an earlier release did not write it down."""
    started_at: datetime
    asked_at: datetime

    def __str__(self) -> str:
        since = f"{self.started_at:%Y-%m-%d %H:%M:%S}"
        return f"run {self.run_id}, process {self.process_id} on {self.host}, since {since} UTC"


class Attempt:
    """What one run does to be seen at work, and to get the lock."""

    def __init__(self, lake: Lake, warehouse: str, run_id: str, limits: Load, progress: Progress) -> None:
        """Prepare; nothing is written yet.

        Args:
            lake: where attempts beat.
            warehouse: the address of the warehouse, as the settings write it.
            run_id: the run.
            limits: how long to wait, for the lock and for a statement.
            progress: told when a dead attempt is taken over.
        """
        self._lake = lake
        self._warehouse = warehouse
        self._run_id = run_id
        self._limits = limits
        self._progress = progress
        self._host = socket.gethostname()[:256]

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat until the block is left."""
        ended = threading.Event()
        thread = threading.Thread(target=self._beat_until, args=(ended,), daemon=True)
        self._beat()
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            with suppress(ReelhouseError):
                self._lake.delete(self._key(self._run_id))

    def announce(self, connection: Connection) -> None:
        """Write down, in a transaction of its own, who is about to load; end what is left of dead processes here.

        Those are the processes of this host that are no more, and the sessions that this run has lost before.
        """
        mine = connection.rows("select pg_backend_pid()")[0][0]
        for other in _opened(connection):
            is_lost = other.run_id == self._run_id and other.session_id != mine
            if is_lost or (other.host == self._host and _is_gone(other.process_id)):
                self._end(connection, other)
        connection.execute(_ANNOUNCE, {"run_id": self._run_id, "host": self._host, "process_id": os.getpid()})
        connection.commit()

    def finish(self, connection: Connection) -> None:
        """Write down, in a transaction of its own, that the attempt has ended; a lost connection leaves it open."""
        connection.rollback()
        with suppress(ReelhouseError):
            connection.execute(_FINISH, {"run_id": self._run_id})
            connection.commit()

    def lock(self, connection: Connection) -> None:
        """Take the lock of the loads in the open transaction, from a dead attempt if need be.

        From then on no statement of the transaction may take longer than ``load.statement_timeout``.

        Raises:
            LockHeld: another run held it for longer than ``load.lock_wait``; the message names who has not ended.
        """
        if self._locked(connection):
            return
        others = [other for other in self._others(connection) if other.run_id != self._run_id]
        dead = self._silent(others)
        for other in dead:
            self._end(connection, other)
        connection.commit()
        if not dead or not self._locked(connection):
            raise LockHeld(
                f"another load holds the lock for more than {self._limits.lock_wait:g} s; "
                f"{_told(other for other in others if other not in dead)}"
            )

    def _locked(self, connection: Connection) -> bool:
        connection.execute(f"set statement_timeout to {_milliseconds(self._limits.lock_wait)}")
        try:
            connection.execute("lock table audit.load_lock")
        except Cancelled:
            connection.rollback()
            return False
        connection.execute(f"set statement_timeout to {_milliseconds(self._limits.statement_timeout)}")
        return True

    def _others(self, connection: Connection) -> list[Announced]:
        with suppress(ReelhouseError):  # a warehouse of an earlier release, on its way to this one
            return _opened(connection)
        connection.rollback()
        return []

    def _silent(self, others: Iterable[Announced]) -> list[Announced]:
        """Return the attempts of which nothing was heard for ``load.lock_wait``."""
        limit = timedelta(seconds=self._limits.lock_wait)
        self._beat()
        beats = last_beats(self._lake, self._warehouse)
        now = beats[self._run_id]
        return [
            other
            for other in others
            if (now - beats[other.run_id] if other.run_id in beats else other.asked_at - other.started_at) > limit
        ]

    def _end(self, connection: Connection, other: Announced) -> None:
        """End the session of an attempt, and close it."""
        if other.session_id:
            # It may have ended by itself, or belong to another user: then there is nothing to be done about it here.
            try:
                connection.execute(_TERMINATE, {"session_id": other.session_id})
            except StatementRefused:
                connection.rollback()
        connection.execute(_CLOSE, {"run_id": other.run_id, "session_id": other.session_id})
        with suppress(ReelhouseError):
            self._lake.delete(self._key(other.run_id)) if other.run_id != self._run_id else None
        self._progress.event("load.taken_over", attempt=str(other))

    def _beat_until(self, ended: threading.Event) -> None:
        while not ended.wait(self._limits.lock_wait / SHARE):
            self._beat()

    def _beat(self) -> None:
        with suppress(ReelhouseError):  # the load itself will tell when the lake is in trouble
            self._lake.put(self._key(self._run_id), json.dumps({"host": self._host, "process": os.getpid()}).encode())

    def _key(self, run_id: str) -> str:
        return f"{BEATS}{address_hash(self._warehouse)}/{run_id}.json"


def last_beats(lake: Lake, warehouse: str) -> dict[str, datetime]:
    """Return when each attempt on a warehouse that is at work was heard of last, by its run (aware, UTC)."""
    folder = f"{BEATS}{address_hash(warehouse)}/"
    return {info.key.removeprefix(folder).removesuffix(".json"): info.modified_at for info in lake.list_after(folder)}


def address_hash(warehouse: str) -> str:
    """Return what names a warehouse in keys; its address, as the settings write it, may hold what a key may not."""
    return hashlib.sha256(warehouse.encode()).hexdigest()[:16]


def _opened(connection: Connection) -> list[Announced]:
    return [Announced(*row) for row in connection.rows(_OPEN)]


def _told(others: Iterable[Announced]) -> str:
    names = [str(other) for other in others]
    if names:
        return f"attempts that have not ended: {'; '.join(names)}"
    return "nobody announced an attempt that is still open"


def _milliseconds(seconds: float) -> int:
    return math.ceil(seconds * 1000)


def _is_gone(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # it lives and is somebody else's
    return False
