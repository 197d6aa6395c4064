"""Erasing persons from the warehouse: their rows go, and what was made of them is made anew, in one transaction.

Persons are known by keyed hashes alone. So the ids that the dimensions hold are hashed here, and those that are asked
for become keys of rows to be deleted; nothing else needs to be known, so whoever comes later can complete the work.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from extract.clock import RunClock
from extract.lake import Lake
from extract.progress import Progress
from extract.settings import Settings
from spark.forgotten import Forgotten, Subject
from warehouse_sql.apply import clear, refill, touch_table
from warehouse_sql.attempts import Attempt
from warehouse_sql.connection import Connection, Parameters, Target, connect
from warehouse_sql.generations import NEXT, PREVIOUS, drop_generation
from warehouse_sql.ledger import newest_load
from warehouse_sql.load import repeated
from warehouse_sql.model import Load, Model
from warehouse_sql.plan import build_order
from warehouse_sql.prepare import prepare
from warehouse_sql.replay_log import close, open_replays

_DONE = "select nvl(max(erasure_sequence), 0) from audit.erasure"
_REMEMBER = """
insert into audit.erasure (erasure_sequence, run_id, erased_at)
values (:erasure_sequence, :run_id, getdate())
"""
_COUNTED = """
insert into audit.erasure_count (erasure_sequence, run_id, table_name, deleted_count, restated_day_count)
values (:erasure_sequence, :run_id, :table_name, :deleted_count, :restated_day_count)
"""
_COUNTS = "select run_id, table_name, deleted_count, restated_day_count from audit.erasure_count order by table_name"
_VISITORS = """
select dim_visitor.visitor_id, visitor_identity.visitor_email, dim_visitor.email_hash
from core.dim_visitor
left join restricted.visitor_identity on dim_visitor.visitor_id = visitor_identity.visitor_id
where dim_visitor.visitor_key > 0
"""
_USERS = """
select distinct dim_user.user_id, user_profile.email, dim_user.email_hash
from core.dim_user
left join restricted.user_profile on dim_user.user_id = user_profile.user_id
where dim_user.user_key > 0
"""
_VIEWERS = "select session_id, viewer_email from restricted.session_location where viewer_email is not null"
VISITOR, SESSION, USER, PLAYBACK = "erased_visitor", "erased_session", "erased_user", "erased_playback"
_TEMPORARY = {
    VISITOR: "visitor_id varchar(128) not null",
    SESSION: "session_id varchar(128) not null",
    USER: "user_id varchar(128) not null",
    PLAYBACK: "playback_id varchar(128) not null",
}
_SESSIONS_OF_VISITORS = f"""
insert into {SESSION} (session_id)
select fct_viewing_session.session_id
from core.fct_viewing_session
inner join core.dim_visitor on fct_viewing_session.visitor_key = dim_visitor.visitor_key
where dim_visitor.visitor_id in (select visitor_id from {VISITOR})
"""
_PLAYBACKS_OF_USERS = f"""
insert into {PLAYBACK} (playback_id)
select playback_id from core.fct_playback
where user_id in (select user_id from {USER})
"""
_DAYS = {
    "core.fct_viewing_session": f"select received_date_key from core.fct_viewing_session "
    f"where session_id in (select session_id from {SESSION})",
    "core.fct_playback": f"select start_date_key from core.fct_playback "
    f"where playback_id in (select playback_id from {PLAYBACK})",
}
"""Fact -> the days on which erased rows stand in it."""
ERASED_FROM = {
    "restricted.stg_wistia__visitor": ("visitor_id", VISITOR),
    "restricted.stg_wistia__viewing_session": ("session_id", SESSION),
    "restricted.stg_streampulse__user": ("user_id", USER),
    "staging.stg_streampulse__playback": ("playback_id", PLAYBACK),
    "restricted.session_location": ("session_id", SESSION),
    "restricted.visitor_identity": ("visitor_id", VISITOR),
    "restricted.user_profile": ("user_id", USER),
    "core.fct_viewing_session": ("session_id", SESSION),
    "core.fct_playback": ("playback_id", PLAYBACK),
    "core.fct_playback_key": ("playback_id", PLAYBACK),
    "core.dim_visitor": ("visitor_id", VISITOR),
    "core.dim_user": ("user_id", USER),
    "core.dim_user_observation": ("user_id", USER),
}
"""Table -> its column by which rows go, and the temporary table that names them. Stored marts are made anew."""
BATCH = 500
"""Ids that one statement names."""


@dataclass(frozen=True, slots=True)
class WarehouseErasure:
    """What erasures did to a warehouse.

    Attributes:
        runs: that did it.
        deleted: table -> rows that went, of those that are not made anew.
        restated: stored mart -> days that were made anew.
    """

    runs: set[str] = field(default_factory=set)
    deleted: Counter[str] = field(default_factory=Counter)
    restated: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Run:
    target: Target
    lake: Lake
    settings: Settings
    forgotten: Forgotten
    clock: RunClock
    run_id: str
    progress: Progress


def erase(
    target: Target,
    lake: Lake,
    settings: Settings,
    forgotten: Forgotten,
    clock: RunClock,
    run_id: str,
    progress: Progress,
) -> None:
    """Erase all who are forgotten; nothing happens where this warehouse has done all requests.

    Raises:
        LockHeld: a load holds the lock for longer than ``load.lock_wait``.
        ReelhouseError: the warehouse failed, also when the work was repeated whole; nothing was changed.
    """
    run = _Run(target, lake, settings, forgotten, clock, run_id, progress)
    repeated(lambda: _erase(run), progress)


def erased_rows(target: Target, told: Collection[str]) -> WarehouseErasure:
    """Return what was erased, by whatever run but those whose work was told before."""
    found = WarehouseErasure()
    with connect(target) as connection:
        for run_id, table, deleted, restated in connection.rows(_COUNTS):
            if run_id not in told:
                found.runs.add(str(run_id))
                found.deleted[str(table)] += int(deleted)
                found.restated[str(table)] += int(restated)
    return WarehouseErasure(found.runs, +found.deleted, +found.restated)


def count(target: Target, forgotten: Forgotten) -> dict[str, int]:
    """Return how many rows of each table ``erase`` would delete; nothing is changed."""
    with connect(target) as connection:
        if not connection.rows("select 1 from information_schema.tables where table_schema = 'restricted' limit 1"):
            return {}
        _name(connection, forgotten)
        found = {table: _counted(connection, table) for table in ERASED_FROM}
        connection.rollback()
        return {table: rows for table, rows in found.items() if rows}


def _erase(run: _Run) -> None:
    attempt = Attempt(run.lake, run.settings.warehouse, run.run_id, run.settings.load, run.progress)
    with attempt.beating(), connect(run.target) as connection:
        prepare(connection, lambda: attempt.lock(connection), run.progress)
        attempt.announce(connection)
        attempt.lock(connection)
        if connection.rows(_DONE)[0][0] >= run.forgotten.upto:
            connection.rollback()
            attempt.finish(connection)
            return
        _name(connection, run.forgotten)
        touched = [model for model in _stored() if _touch(connection, model)]
        deleted = {table: _delete(connection, table) for table in ERASED_FROM}
        restated = {model.table: _restate(connection, model) for model in touched}
        _drop_other_generations(connection)
        _remember(connection, run, deleted, restated)
        run.progress.event("forget.commit", erasure=run.forgotten.upto)
        connection.commit()
        attempt.finish(connection)


def _remember(connection: Connection, run: _Run, deleted: Mapping[str, int], restated: Mapping[str, int]) -> None:
    """Write down what was done, in its own transaction: whoever is killed behind it can be told of by others."""
    done: Parameters = {"erasure_sequence": run.forgotten.upto, "run_id": run.run_id}
    connection.execute(_REMEMBER, done)
    for table in deleted.keys() | restated.keys():
        counts = {"deleted_count": deleted.get(table, 0), "restated_day_count": restated.get(table, 0)}
        if any(counts.values()):
            connection.execute(_COUNTED, {**done, "table_name": table, **counts})


def _name(connection: Connection, forgotten: Forgotten) -> None:
    """Make and fill the temporary tables that name what is to go."""
    for table, column in _TEMPORARY.items():
        connection.execute(f"create temp table {table} ({column})")
    _insert(connection, VISITOR, _persons(connection, _VISITORS, "visitor", forgotten))
    _insert(connection, USER, _persons(connection, _USERS, "user", forgotten))
    viewers = connection.rows(_VIEWERS) if "email" in forgotten.hashes else []
    theirs = (session for session, email in viewers if forgotten.knows("email", str(email)))
    _insert(connection, SESSION, theirs)
    connection.execute(_SESSIONS_OF_VISITORS)
    connection.execute(_PLAYBACKS_OF_USERS)


def _persons(connection: Connection, select: str, subject: Subject, forgotten: Forgotten) -> Iterator[str]:
    """Yield the ids of those who are forgotten: by their id, by their address, or by what hash of it is there.

    The address may be there no more, when it is not kept for so long; the hash may be under another key than requests.
    """
    for found, email, hashed in connection.rows(select):
        is_theirs = (email and forgotten.knows("email", str(email))) or (hashed and forgotten.has("email", str(hashed)))
        if is_theirs or forgotten.knows(subject, str(found)):
            yield str(found)


def _insert(connection: Connection, table: str, ids: Iterable[str]) -> None:
    waiting = list(ids)
    for start in range(0, len(waiting), BATCH):
        some = waiting[start : start + BATCH]
        values = ", ".join(f"(:id_{number})" for number, _ in enumerate(some))
        parameters: dict[str, Any] = {f"id_{number}": found for number, found in enumerate(some)}
        connection.execute(f"insert into {table} values {values}", parameters)


def _stored() -> Sequence[Model]:
    return [model for model in build_order() if model.load is Load.PARTITIONS]


def _touch(connection: Connection, model: Model) -> bool:
    """Collect the days of a stored mart on which something goes; whether there are any."""
    facts = {source.rpartition(".")[0] for source in model.sources}
    selects = [select for fact, select in _DAYS.items() if fact in facts]
    connection.execute(touch_table(model))
    days = "\nunion\n".join(selects)
    return bool(selects) and connection.execute(f"insert into {model.touched} ({model.within})\n{days}") > 0


def _restate(connection: Connection, model: Model) -> int:
    """Make the touched days of a stored mart anew; return how many those are."""
    within = f"min({model.within}), max({model.within}), count(distinct {model.within})"
    ((first, last, days),) = connection.rows(f"select {within} from {model.touched}")
    parameters: Parameters = {
        "within_from": first,
        "within_to": last,
        "load_sequence": newest_load(connection)[0],
    }
    connection.execute(clear(model), parameters)
    connection.execute(refill(model), parameters)
    return int(days)


def _delete(connection: Connection, table: str) -> int:
    return connection.execute(f"delete from {table} where {_theirs(table)}")


def _counted(connection: Connection, table: str) -> int:
    return int(connection.rows(f"select count(*) from {table} where {_theirs(table)}")[0][0])


def _theirs(table: str) -> str:
    column, named = ERASED_FROM[table]
    return f"{column} in (select {named}.{column} from {named})"


def _drop_other_generations(connection: Connection) -> None:
    """What a replay keeps to be undone, or has built and not published, holds the persons too."""
    for suffix in (NEXT, PREVIOUS):
        drop_generation(connection, suffix)
    for found in open_replays(connection):
        close(connection, found.rebuild)
