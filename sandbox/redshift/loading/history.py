"""The rows that COPY leaves in SYS_LOAD_HISTORY and SYS_LOAD_ERROR_DETAIL, whatever becomes of its transaction."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.redshift.loading.fields import Refused
from sandbox.redshift.loading.manifest import LoadError
from sandbox.redshift.loading.options import CopyOptions
from sandbox.redshift.names import DATABASE
from sandbox.redshift.objects import StoredObject
from sandbox.redshift.record import now
from sandbox.redshift.session import Session

_USER_ID = 100


@dataclass(slots=True)
class CopyRecord:
    """One run of COPY."""

    query_id: int
    started: datetime.datetime
    text: str
    options: CopyOptions
    files: Sequence[StoredObject] = ()
    rows: int = 0
    refused: Sequence[Refused] = ()


def start(session: Session, options: CopyOptions, text: str) -> CopyRecord:
    """Numbers a COPY."""
    return CopyRecord(session.query_id, now(), text[:4000], options)


def finish(session: Session, record: CopyRecord, problem: LoadError | None, message: str | None) -> None:
    """Writes what became of it, in a transaction of its own.

    Args:
        session: whose COPY it was.
        record: what is known of it.
        problem: what it failed with, or None.
        message: the message of that, or None.
    """
    ended = now()
    size = sum(found.size for found in record.files)
    files = len(record.files)
    status = "completed" if message is None else "aborted"
    refused = list(record.refused) or ([_refused(problem)] if problem else [])
    row = (
        _USER_ID, record.query_id, record.query_id, session.pid, DATABASE, status, record.options.table.name,
        record.started, ended, (ended - record.started) // datetime.timedelta(microseconds=1), record.options.source,
        record.options.format.lower(), record.rows if message is None else 0, size if message is None else 0, files,
        size, files, size, len(refused), None, record.text, message,
    )  # fmt: skip
    details = [
        (
            _USER_ID, record.query_id, record.query_id, session.pid, DATABASE, 0, record.started, one.file_name[:256],
            one.line, one.column[:127], one.column_type[:10], one.length[:10], 0, one.code, one.reason[:512],
        )
        for one in refused
    ]  # fmt: skip
    with session.warehouse.root.cursor() as writer:
        writer.execute(f"INSERT INTO sandbox_internal.load_history VALUES ({_marks(row)})", row)
        for detail in details:
            writer.execute(f"INSERT INTO sandbox_internal.load_error_detail VALUES ({_marks(detail)})", detail)


def _marks(row: Sequence[object]) -> str:
    return ", ".join("?" * len(row))


def _refused(problem: LoadError) -> Refused:
    return Refused(problem.file_name, 0, problem.code, _reason(problem), problem.column, problem.column_type)


def _reason(problem: LoadError) -> str:
    detail = problem.error.detail or ""
    context = detail.partition("context:")[2].strip(" -\n")
    return context or problem.error.message
