"""The rows that COPY leaves in SYS_LOAD_HISTORY and SYS_LOAD_ERROR_DETAIL, whatever becomes of its transaction."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.redshift.loading.manifest import LoadError
from sandbox.redshift.loading.options import CopyOptions
from sandbox.redshift.names import DATABASE
from sandbox.redshift.objects import StoredObject
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


def start(session: Session, options: CopyOptions, text: str) -> CopyRecord:
    """Numbers a COPY."""
    row = session.warehouse.root.cursor().execute("SELECT nextval('sandbox_internal.query_id')").fetchone()
    return CopyRecord(int(row[0]) if row else 0, _now(), text[:4000], options)


def finish(session: Session, record: CopyRecord, problem: LoadError | None, message: str | None) -> None:
    """Writes what became of it, in a transaction of its own."""
    ended = _now()
    size = sum(found.size for found in record.files)
    files = len(record.files)
    status = "completed" if message is None else "aborted"
    row = (
        _USER_ID, record.query_id, record.query_id, session.pid, DATABASE, status, record.options.table.name,
        record.started, ended, (ended - record.started) // datetime.timedelta(microseconds=1), record.options.source,
        "parquet", record.rows if message is None else 0, size if message is None else 0, files, size, files, size,
        0 if message is None else 1, None, record.text, message,
    )  # fmt: skip
    with session.warehouse.root.cursor() as writer:
        marks = ", ".join("?" * len(row))
        writer.execute(f"INSERT INTO sandbox_internal.load_history VALUES ({marks})", row)
        if problem is not None:
            detail = (
                _USER_ID, record.query_id, record.query_id, session.pid, DATABASE, 0, record.started,
                problem.file_name[:256], 0, problem.column[:127], problem.column_type[:10], "", 0, problem.code,
                _reason(problem)[:512],
            )  # fmt: skip
            marks = ", ".join("?" * len(detail))
            writer.execute(f"INSERT INTO sandbox_internal.load_error_detail VALUES ({marks})", detail)


def _reason(problem: LoadError) -> str:
    detail = problem.error.detail or ""
    context = detail.partition("context:")[2].strip(" -\n")
    return context or problem.error.message


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
