"""The grammar of COPY, and which option goes with which format."""

import re
from dataclasses import dataclass, field

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.names import TableName

_FORMATS = frozenset({"CSV", "FIXEDWIDTH", "JSON", "PARQUET"})
_OTHER_FORMATS = frozenset({"AVRO", "ORC", "RCFILE", "SEQUENCEFILE", "SHAPEFILE"})
_SWITCHES = frozenset(
    {
        "ACCEPTANYDATE",
        "BLANKSASNULL",
        "BZIP2",
        "EMPTYASNULL",
        "ESCAPE",
        "EXPLICIT_IDS",
        "FILLRECORD",
        "GZIP",
        "IGNOREALLERRORS",
        "IGNOREBLANKLINES",
        "LZOP",
        "MANIFEST",
        "NOLOAD",
        "REMOVEQUOTES",
        "ROUNDEC",
        "SERIALIZETOJSON",
        "TRIMBLANKS",
        "TRUNCATECOLUMNS",
        "ZSTD",
    }
)
_TEXTS = frozenset({"DATEFORMAT", "DELIMITER", "ENCODING", "NULL", "REGION", "TIMEFORMAT"})
_NUMBERS = frozenset({"COMPROWS", "IGNOREHEADER", "MAXERROR", "READRATIO"})
_WITH_PARQUET = frozenset({"ACCEPTINVCHARS", "EXPLICIT_IDS", "FILLRECORD", "MANIFEST", "SERIALIZETOJSON", "STATUPDATE"})
_NOT_WITH_JSON = frozenset(
    {
        "DELIMITER",
        "ESCAPE",
        "FILLRECORD",
        "IGNOREBLANKLINES",
        "NULL",
        "READRATIO",
        "REMOVEQUOTES",
        "SERIALIZETOJSON",
    }
)
_NOT_WITH_FIXED_WIDTHS = frozenset({"DELIMITER", "ESCAPE", "FILLRECORD", "REMOVEQUOTES", "SERIALIZETOJSON"})
_NOT_WITH_CSV = frozenset({"ESCAPE", "REMOVEQUOTES", "SERIALIZETOJSON"})


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """A COPY as it was written.

    Attributes:
        table: the target.
        columns: the column list, empty where there is none.
        source: the address: of a manifest, or a prefix of keys.
        format: PARQUET, CSV, JSON, FIXEDWIDTH or DELIMITED.
        switches: options that are there or not, in capitals.
        texts: options with a text, by name in capitals.
        numbers: options with a number.
        json: what stands after JSON: auto, auto ignorecase, noshred, or the address of JSONPaths.
        quote: the quote of CSV.
        widths: characters of each column of FIXEDWIDTH.
    """

    table: TableName
    columns: tuple[str, ...]
    source: str
    format: str = "DELIMITED"
    switches: frozenset[str] = frozenset()
    texts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    json: str = "auto"
    quote: str = '"'
    widths: tuple[int, ...] = ()

    @property
    def manifest(self) -> bool:
        """Whether the source is a manifest."""
        return "MANIFEST" in self.switches

    @property
    def explicit_ids(self) -> bool:
        """Whether identity columns take the values of the file."""
        return "EXPLICIT_IDS" in self.switches

    @property
    def max_error(self) -> int:
        """How many lines may be refused."""
        return self.numbers.get("MAXERROR", 0)


def read_copy(sql: str) -> CopyOptions:
    """Reads a COPY statement.

    Raises:
        SqlError: syntax, a format not imitated, or an option that the format does not take
            (Database Developer Guide, "COPY from columnar data formats", "COPY from JSON format", "CSV").
    """
    words = TokenCursor(sql)
    words.expect("COPY")
    if words.peek() == "JOB" and words.peek(1) in ("ALTER", "DROP", "LIST", "RUN", "SHOW"):
        raise not_imitated("COPY JOB")
    table = words.table()
    columns = words.names() if words.peek() == "(" else ()
    words.expect("FROM")
    if words.peek() == "STDIN":
        raise SqlError(
            "0A000", "LOAD source is not supported. (Hint: only S3 or DynamoDB or EMR based load is allowed)"
        )
    reader = _Reader(words, words.string())
    while not words.done:
        reader.take()
    if "IAM_ROLE" not in reader.found:
        raise SqlError("42601", "COPY needs IAM_ROLE: default or the ARN of a role")
    reader.check()
    return CopyOptions(
        table, columns, reader.source, reader.format, frozenset(reader.found & (_SWITCHES | {"ACCEPTINVCHARS"})),
        reader.texts, reader.numbers, reader.json, reader.quote, reader.widths,
    )  # fmt: skip


def take_role(words: TokenCursor) -> None:
    """Reads what follows IAM_ROLE: default, 'SESSION', or the ARNs of roles in a chain, with commas and no blanks.

    Raises:
        SqlError: 22023 for anything else.
    """
    if words.take("DEFAULT"):
        return
    given = words.string()
    if given.upper() != "SESSION" and not all(_ROLE.fullmatch(arn) for arn in given.split(",")):
        raise SqlError("22023", f"IAM_ROLE '{given}' is not default, SESSION or the ARN of a role, or of several")


def _widths(text: str) -> tuple[int, ...]:
    """The widths of a specification such as `venueid:3,venuename:25`: names are labels, order is what counts."""
    found = [re.fullmatch(r"\s*[^:,]*:\s*(\d+)\s*", part) for part in text.split(",")]
    if not all(found):
        raise SqlError("42601", f"invalid fixed-width specification: '{text}'")
    return tuple(int(part[1]) for part in found if part)


_ROLE = re.compile(r"arn:aws[\w-]*:iam::\d+:role/\S+")


class _Reader:
    def __init__(self, words: TokenCursor, source: str) -> None:
        self._words = words
        self.source = source
        self.found: set[str] = set()
        self.format = "DELIMITED"
        self.texts: dict[str, str] = {}
        self.numbers: dict[str, int] = {}
        self.json = "auto"
        self.quote = '"'
        self.widths: tuple[int, ...] = ()

    def take(self) -> None:
        words = self._words
        _ = words.take("WITH") or words.take("FORMAT", "AS") or words.take("FORMAT")
        option = words.next().upper
        if option in _OTHER_FORMATS or option == "JOB":
            raise not_imitated(f"COPY … {option}")
        if option in self.found:
            raise SqlError("42601", f"conflicting or redundant options: {option}")
        self.found.add(option)
        if option in _FORMATS:
            self._take_format(option)
        elif option in _TEXTS:
            _ = words.take("AS")
            self.texts[option] = words.string()
        elif option in _NUMBERS:
            _ = words.take("AS")
            self.numbers[option] = words.number()
        elif option not in _SWITCHES:
            self._take_other(option)

    def _take_format(self, option: str) -> None:
        words = self._words
        if self.format != "DELIMITED":
            raise SqlError("42601", f"conflicting or redundant options: {option}")
        self.format = option
        if option == "CSV" and words.take("QUOTE"):
            _ = words.take("AS")
            self.quote = words.string()
        if option == "FIXEDWIDTH":
            _ = words.take("AS")
            self.widths = _widths(words.string())
        if option == "JSON":
            _ = words.take("AS")
            self.json = words.string()

    def _take_other(self, option: str) -> None:
        words = self._words
        if option == "IAM_ROLE":
            take_role(words)
        elif option in ("STATUPDATE", "COMPUPDATE"):
            _ = any(words.take(word) for word in ("ON", "TRUE", "OFF", "FALSE", "PRESET"))
        elif option == "ACCEPTINVCHARS":
            _ = words.take("AS")
            self.texts[option] = words.string() if words.peek().startswith("'") else "?"
        else:
            raise self._refused(option)

    def check(self) -> None:
        for option in sorted(self.found):
            if option == "REGION" and self.format == "PARQUET":
                raise SqlError("0A000", "REGION argument is not supported for PARQUET based COPY")
            if not self._is_taken(option):
                raise self._refused(option)
        if "LZOP" in self.found or "ZSTD" in self.found:
            raise not_imitated("COPY of LZOP and ZSTD")

    def _is_taken(self, option: str) -> bool:
        if option in _FORMATS or option == "IAM_ROLE":
            return True
        if self.format == "PARQUET":
            return option in _WITH_PARQUET
        refused = {"JSON": _NOT_WITH_JSON, "CSV": _NOT_WITH_CSV, "FIXEDWIDTH": _NOT_WITH_FIXED_WIDTHS}.get(
            self.format, frozenset({"SERIALIZETOJSON"})
        )
        return option not in refused

    def _refused(self, option: str) -> SqlError:
        if self.format == "PARQUET":
            return SqlError("0A000", f"{option} argument is not supported for PARQUET based COPY")
        if self.format == "DELIMITED" and option not in _SWITCHES | _TEXTS | _NUMBERS:
            return SqlError("42601", f'syntax error at or near "{option.lower()}"')
        return SqlError("42601", f"{option} is not supported for {self.format} based COPY")
