"""EXPLAIN: the plan of a query or change, as the engine would run it; nothing is run."""

from collections.abc import Sequence

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.session import Session, Sink
from sandbox.redshift.statements.query import Translated
from sandbox.redshift.statements.table_definition import read_table
from sandbox.redshift.wire.decode import Value
from sandbox.redshift.wire.types import Column, column


class Explain:
    """EXPLAIN [VERBOSE] statement, or of the query of a CREATE TABLE AS. The steps are DuckDB's."""

    ends_failure = False

    def __init__(self, sql: str, oids: Sequence[int]) -> None:
        words = TokenCursor(sql)
        words.expect("EXPLAIN")
        _ = words.take("VERBOSE")
        if words.take("CREATE"):
            temporary = words.take("TEMP") or words.take("TEMPORARY")
            words.expect("TABLE")
            words = TokenCursor(read_table(words, temporary=temporary).query or "")
        if words.peek() not in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "MERGE", "("):
            raise words.unexpected()
        self._explained = Translated(words.rest(), oids)

    def columns(self, session: Session) -> Sequence[Column]:  # noqa: ARG002
        """One column of text."""
        return [column("QUERY PLAN", "VARCHAR")]

    def run(self, session: Session, values: Sequence[Value], sink: Sink) -> str:
        """Sends the plan, a line a row."""
        sink.begin(self.columns(session))
        sink.rows([(line,) for line in self._explained.plan(session, values)])
        return "EXPLAIN"
