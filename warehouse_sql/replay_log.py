"""What the warehouse remembers of replays: which was built, published, closed."""

from dataclasses import dataclass

from warehouse_sql.connection import Connection
from warehouse_sql.generations import NEXT, PREVIOUS, drop_generation

_OPEN = """
select
    rebuild_sequence, run_id, release_hash, upto_load, newest_load_before, published_at is not null,
    built_at < dateadd(hour, -24, getdate())
from audit.replay
where closed_at is null
order by published_at desc, rebuild_sequence desc
"""
_BUILT = """
insert into audit.replay (rebuild_sequence, run_id, release_hash, upto_load, built_at)
values (:rebuild_sequence, :run_id, :release_hash, :upto_load, getdate())
"""
_PUBLISHED = """
update audit.replay
set published_at = getdate(), newest_load_before = :newest_load_before, run_id = :run_id
where rebuild_sequence = :rebuild_sequence and closed_at is null
"""
_CLOSED = """
update audit.replay
set closed_at = getdate(), was_undone = :was_undone
where rebuild_sequence = :rebuild_sequence and closed_at is null
"""


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay whose tables still stand beside those that are read.

    Attributes:
        rebuild: the rebuild of the lake from which it was built.
        run_id: the run that built it, or, once it is published, published it.
        release: hash of the structure and models by which it was built.
        upto: the load up to which the rebuild stands for all.
        newest_before: the newest load of the ledger before it was published; None before that.
        is_published: whether its tables are those that are read.
        is_old: whether it was built more than a day ago.
    """

    rebuild: int
    run_id: str
    release: str
    upto: int
    newest_before: int | None
    is_published: bool
    is_old: bool


def open_replays(connection: Connection) -> list[Replay]:
    """Return the replays that are not closed."""
    return [Replay(*row) for row in connection.rows(_OPEN)]


def remember_built(connection: Connection, rebuild: int, run_id: str, release: str, upto: int) -> None:
    """Write down that the next generation is built, in the transaction that builds it."""
    values = {"rebuild_sequence": rebuild, "run_id": run_id, "release_hash": release, "upto_load": upto}
    connection.execute(_BUILT, values)


def remember_published(connection: Connection, rebuild: int, run_id: str, newest_before: int) -> None:
    """Write down that the next generation took the names, in the transaction in which it does."""
    values = {"rebuild_sequence": rebuild, "run_id": run_id, "newest_load_before": newest_before}
    connection.execute(_PUBLISHED, values)


def close(connection: Connection, rebuild: int, *, was_undone: bool = False) -> None:
    """Write down that nothing stands beside the tables any more because of a replay."""
    connection.execute(_CLOSED, {"rebuild_sequence": rebuild, "was_undone": was_undone})


def clear_replays(connection: Connection) -> None:
    """Drop, in the transaction of a load, what it leaves without use.

    That are the tables from before a published replay, which do not have this load, and those of a replay that was
    built a day ago and never published: its process is gone.
    """
    for replay in open_replays(connection):
        if replay.is_published:
            drop_generation(connection, PREVIOUS)
            close(connection, replay.rebuild)
        elif replay.is_old:
            drop_generation(connection, NEXT)
            close(connection, replay.rebuild)
