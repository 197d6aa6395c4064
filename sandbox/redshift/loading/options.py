"""The grammar of COPY … FORMAT AS PARQUET."""

from dataclasses import dataclass

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.names import TableName

_OTHER_FORMATS = frozenset({"AVRO", "CSV", "DELIMITER", "FIXEDWIDTH", "JSON", "ORC", "SHAPEFILE"})


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """A COPY as it was written.

    Attributes:
        table: the target.
        columns: the column list, empty where there is none.
        source: the address: of a manifest, or a prefix of keys.
        manifest: whether `source` is a manifest.
        fill_record: missing columns at the end become NULL.
        serialize_to_json: columns for SUPER are turned into JSON.
        explicit_ids: identity columns take the values of the file.
    """

    table: TableName
    columns: tuple[str, ...]
    source: str
    manifest: bool = False
    fill_record: bool = False
    serialize_to_json: bool = False
    explicit_ids: bool = False


def read_copy(sql: str) -> CopyOptions:
    """Reads a COPY statement.

    Raises:
        SqlError: syntax, a format not imitated, or an option that columnar formats do not take
            (Database Developer Guide, "COPY from columnar data formats").
    """
    words = TokenCursor(sql)
    words.expect("COPY")
    table = words.table()
    columns = words.names() if words.peek() == "(" else ()
    words.expect("FROM")
    source = words.string()
    found: set[str] = set()
    while not words.done:
        _take_option(words, found)
    if "IAM_ROLE" not in found:
        raise SqlError("42601", "COPY needs IAM_ROLE: default or the ARN of a role")
    if "PARQUET" not in found:
        raise not_imitated("COPY of a format other than PARQUET")
    switches = ("MANIFEST", "FILLRECORD", "SERIALIZETOJSON", "EXPLICIT_IDS")
    return CopyOptions(table, columns, source, *(switch in found for switch in switches))


def _take_option(words: TokenCursor, found: set[str]) -> None:
    _ = words.take("WITH") or words.take("FORMAT", "AS") or words.take("FORMAT")
    option = words.next().upper
    if option in _OTHER_FORMATS:
        raise not_imitated(f"COPY … {option}")
    if option == "REGION":
        raise SqlError("0A000", "REGION argument is not supported for PARQUET based COPY")
    if option == "IAM_ROLE":
        _ = words.take("DEFAULT") or words.string()
    elif option == "STATUPDATE":
        _ = words.take("ON") or words.take("TRUE") or words.take("OFF") or words.take("FALSE")
    elif option in ("ACCEPTINVCHARS", "EXPLICIT_IDS", "FILLRECORD", "MANIFEST", "PARQUET", "SERIALIZETOJSON"):
        pass
    else:
        raise SqlError("0A000", f"{option} argument is not supported for PARQUET based COPY")
    if option in found:
        raise SqlError("42601", f"conflicting or redundant options: {option}")
    found.add(option)
