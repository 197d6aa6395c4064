"""MERGE … REMOVE DUPLICATES: matched rows of the target are replaced, the others of the source are added."""

from collections.abc import Sequence

from sqlglot import exp

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, syntax_error
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.base import Command
from sandbox.redshift.statements.query import Translated
from sandbox.redshift.translate import refusals
from sandbox.redshift.translate.dialect import parse
from sandbox.redshift.wire.decode import Value


class MergeDuplicates(Command):
    """MERGE INTO t USING s ON condition REMOVE DUPLICATES: what matches goes, and the whole source comes."""

    def __init__(self, sql: str, oids: Sequence[int]) -> None:
        words = TokenCursor(sql)
        words.expect("MERGE", "INTO")
        target = words.table()
        if words.peek() != "USING":
            raise words.unexpected()
        words.next()
        source = words.text_until("ON")
        words.expect("ON")
        condition = words.text_until("REMOVE")
        words.expect("REMOVE", "DUPLICATES")
        words.end()
        ending = "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)"
        tree = parse(f"MERGE INTO {target.sql} USING {source} ON {condition} {ending}")
        if isinstance(tree, exp.Merge):
            refusals.refuse_merge(tree)
        self._target, self._source = target, source
        self._pairs = Translated(f"SELECT count(*) FROM {target.sql}, {source} WHERE {condition}", oids)
        self._delete = Translated(f"DELETE FROM {target.sql} USING {source} WHERE {condition}", oids)
        self._insert = Translated(f"INSERT INTO {target.sql} SELECT * FROM {source}", oids)
        self._shapes = [Translated(f"SELECT * FROM {item}", oids) for item in (target.sql, source)]

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:
        """Deletes what matches, then adds the source."""
        self._delete.lock(session)
        target, source = (shape.columns(session) or () for shape in self._shapes)
        if [column.oid for column in target] != [column.oid for column in source]:
            raise SqlError("42601", "MERGE REMOVE DUPLICATES needs a source with the columns of the target")
        pairs = self._pairs.value(session, values)
        if self._delete.run(session, values, sink) != f"DELETE {pairs}":  # a row of the target was in several pairs
            raise SqlError("XX000", "Found multiple matches to update the same tuple.")
        self._insert.run(session, values, sink)
        return "MERGE"


def merge(sql: str, oids: Sequence[int]) -> Translated | MergeDuplicates:
    """The statement for MERGE …, in either of its forms."""
    ending = [token.upper for token in TokenCursor(sql).remaining()[-2:]]
    if ending == ["REMOVE", "DUPLICATES"]:
        return MergeDuplicates(sql, oids)
    if "REMOVE" in ending:
        raise syntax_error("REMOVE")
    return Translated(sql, oids)
