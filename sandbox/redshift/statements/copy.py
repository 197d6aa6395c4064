"""COPY from objects of the lake: Parquet, CSV, JSON, or text between delimiters."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import duckdb

from sandbox.redshift.engine_errors import from_duckdb
from sandbox.redshift.errors import SqlError
from sandbox.redshift.loading import history, manifest, parquet
from sandbox.redshift.loading.fields import Loader, text_columns
from sandbox.redshift.loading.history import CopyRecord
from sandbox.redshift.loading.manifest import LoadError
from sandbox.redshift.loading.options import CopyOptions, read_copy
from sandbox.redshift.loading.parquet import FileColumns, TargetColumn
from sandbox.redshift.loading.records import records
from sandbox.redshift.locks import Mode
from sandbox.redshift.names import quote
from sandbox.redshift.objects import LocalObject, StoredObject
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.wire.decode import Value


class Copy(Command):
    """COPY t [(columns)] FROM 's3://…' IAM_ROLE … [FORMAT …] [MANIFEST]: all or nothing."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._options = read_copy(sql)

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:  # noqa: ARG002
        """Loads the objects, by position."""
        session.require("INSERT", self._options.table)
        session.lock(self._options.table, Mode.APPEND)
        targets = self._targets(session)
        record = history.start(session, self._options, self._sql)
        session.copy_count = 0
        try:
            record.files = self._files(session)
            session.copy_id = record.query_id
            if self._options.format == "PARQUET":
                with session.warehouse.objects.local(record.files) as files:
                    record.rows = sum(_load_parquet(session, self._options, targets, files))
            else:
                self._load_text(session, targets, record)
        except LoadError as problem:
            history.finish(session, record, problem, problem.error.message)
            raise problem.error from None
        except SqlError as problem:
            history.finish(session, record, LoadError(problem, self._options.source, 8001), problem.message)
            raise
        except duckdb.Error as problem:
            error = from_duckdb(problem)
            history.finish(session, record, LoadError(error, self._options.source, 8001), error.message)
            raise error from None
        history.finish(session, record, None, None)
        session.copy_count = record.rows
        count = f"{record.rows} record(s) loaded successfully."
        sink.notice(f"Load into table '{self._options.table.name}' completed, {count}")
        return "COPY"

    def _files(self, session: Session) -> list[StoredObject]:
        objects, source = session.warehouse.objects, self._options.source
        if self._options.manifest:
            return manifest.by_manifest(objects, source, lengths=self._options.format == "PARQUET")
        return manifest.by_prefix(objects, source)

    def _load_text(self, session: Session, targets: Sequence[TargetColumn], record: CopyRecord) -> None:
        names = [target.name for target in targets]
        loader = Loader(session, self._options, text_columns(session, self._options.table, names))
        record.refused = loader.refused
        paths = self._json_paths(session)
        if paths is not None and len(paths) != len(names):
            counts = f"JSONPath size: {len(paths)}, Number of columns in table or column list: {len(names)}"
            raise SqlError("XX000", f"Number of jsonpaths and the number of columns should match. {counts}")
        objects = session.warehouse.objects
        for found in record.files:
            record.rows += loader.load(found.url, records(objects.read(found), self._options, names, paths))

    def _json_paths(self, session: Session) -> Sequence[str] | None:
        if self._options.format != "JSON" or not self._options.json.startswith("s3://"):
            return None
        found = session.warehouse.objects.find(self._options.json)
        try:
            paths = json.loads(session.warehouse.objects.read(found))["jsonpaths"] if found else None
        except (ValueError, KeyError, TypeError):
            paths = None
        if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
            raise SqlError("XX000", f"Invalid JSONPath format: '{self._options.json}' is no object of jsonpaths")
        return paths

    def _targets(self, session: Session) -> list[TargetColumn]:
        rows = session.run(f"DESCRIBE SELECT * FROM {self._options.table.sql}").fetchall()
        known = {str(row[0]).lower(): str(row[1]) for row in rows}
        for name in self._options.columns:
            if name not in known:
                raise SqlError("42703", f'column "{name}" of relation "{self._options.table.name}" does not exist')
        names = self._options.columns or self._without_identities(session, known)
        self._check_identities(session)
        kinds = dict(session.shown().kinds(self._options.table))
        return [TargetColumn(name, known[name], kinds.get(name, "").startswith("char")) for name in names]

    def _without_identities(self, session: Session, known: Mapping[str, str]) -> list[str]:
        """Without a list, identities are skipped unless their values are explicit ("Column mapping options")."""
        identities = {} if self._options.explicit_ids else session.identities(self._options.table)
        return [name for name in known if not identities.get(name)]

    def _check_identities(self, session: Session) -> None:
        identities = session.identities(self._options.table)
        listed = [name for name in self._options.columns if identities.get(name)]
        if listed and not self._options.explicit_ids:
            raise SqlError("0A000", f'cannot copy to identity column "{listed[0]}" without EXPLICIT_IDS')
        if self._options.explicit_ids and self._options.columns and not listed:
            raise SqlError("0A000", "EXPLICIT_IDS needs the identity column in the list of columns")


def _load_parquet(
    session: Session, options: CopyOptions, targets: list[TargetColumn], files: Sequence[LocalObject]
) -> Iterator[int]:
    """Checks every file before the first row is read, then loads neighbours of one shape together."""
    shapes: list[tuple[FileColumns, LocalObject]] = []
    for found in files:
        columns = parquet.file_columns(session.connection, found)
        parquet.check(found, columns, targets, options)
        shapes.append((columns, found))
    names = ", ".join(quote(target.name) for target in targets)
    for columns, group in groupby(shapes, key=lambda shape: shape[0]):
        items = parquet.select_list(columns, targets, options)
        source = parquet.scan([found.path for _, found in group])
        row = session.run(f"INSERT INTO {options.table.sql} ({names}) SELECT {items} FROM {source}").fetchone()
        yield int(row[0]) if row else 0
