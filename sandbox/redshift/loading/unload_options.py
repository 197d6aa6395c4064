"""The grammar of UNLOAD, and which option goes with which format."""

import re
from dataclasses import dataclass

from sandbox.redshift.cursor import TokenCursor
from sandbox.redshift.errors import SqlError, not_imitated
from sandbox.redshift.loading.options import take_role

_SWITCHES = frozenset(
    {"ADDQUOTES", "ALLOWOVERWRITE", "BZIP2", "CLEANPATH", "ESCAPE", "GZIP", "HEADER", "MANIFEST", "ZSTD"}
)
_SIZES = {"MAXFILESIZE": (5, 6.2 * 1024), "ROWGROUPSIZE": (32, 128)}
"""The least and the greatest, in MB."""
_MOST_BYTES = int(6.2 * 1024**3)
_NOT_WITH = {
    "PARQUET": frozenset({"ADDQUOTES", "BZIP2", "DELIMITER", "ESCAPE", "GZIP", "HEADER", "NULL", "ZSTD"}),
    "JSON": frozenset({"ADDQUOTES", "DELIMITER", "ESCAPE", "HEADER", "NULL"}),
    "CSV": frozenset({"ADDQUOTES", "ESCAPE"}),
    "DELIMITED": frozenset[str](),
}


@dataclass(frozen=True, slots=True)
class UnloadOptions:
    """An UNLOAD as it was written.

    Attributes:
        query: the SELECT.
        target: the address with which every object's begins.
        format: PARQUET, CSV, JSON or DELIMITED.
        partition: columns whose values become folders.
        include: whether those stay in the objects.
        parallel: whether names are those of slices.
        switches: options that are there or not, in capitals.
        verbose: whether the manifest says more.
        delimiter: between fields.
        null: what is written for NULL.
        extension: at the end of names, with its dot, or None.
        most_bytes: of an object; what is more goes into another.
    """

    query: str
    target: str
    format: str
    partition: tuple[str, ...]
    include: bool
    parallel: bool
    switches: frozenset[str]
    verbose: bool
    delimiter: str
    null: str
    extension: str | None
    most_bytes: int = _MOST_BYTES

    @property
    def manifest(self) -> bool:
        """Whether a manifest is written."""
        return "MANIFEST" in self.switches

    @property
    def clean_path(self) -> bool:
        """Whether what is there is deleted first."""
        return "CLEANPATH" in self.switches

    @property
    def allow_overwrite(self) -> bool:
        """Whether what is there may be replaced."""
        return "ALLOWOVERWRITE" in self.switches

    def name(self, prefix: str, number: int) -> str:
        """The address of an object, by its number from 0: parts of the first slice, or whole numbers."""
        return f"{prefix}{f'0000_part_{number:02}' if self.parallel else f'{number:03}'}{self.suffix}"

    @property
    def suffix(self) -> str:
        """What names end with."""
        if self.extension is not None:
            return self.extension
        packed = next((end for name, end in (("GZIP", ".gz"), ("BZIP2", ".bz2")) if name in self.switches), "")
        return {"PARQUET": ".parquet", "JSON": ".json"}.get(self.format, "") + packed


def read_unload(sql: str) -> UnloadOptions:
    """Reads an UNLOAD statement.

    Raises:
        SqlError: syntax, or an option that the format does not take (Database Developer Guide, "UNLOAD").
    """
    words = TokenCursor(sql)
    words.expect("UNLOAD", "(")
    query = words.string()
    words.expect(")")
    words.expect("TO")
    target = words.string()
    reader = _Reader(words)
    while not words.done:
        reader.take()
    reader.check()
    texts, found = reader.texts, reader.found
    return UnloadOptions(
        query, target, reader.format, reader.partition, reader.include, reader.parallel, frozenset(found & _SWITCHES),
        reader.verbose, texts.get("DELIMITER", "," if reader.format == "CSV" else "|"), texts.get("NULL", ""),
        texts.get("EXTENSION"), reader.sizes.get("MAXFILESIZE", _MOST_BYTES),
    )  # fmt: skip


class _Reader:
    def __init__(self, words: TokenCursor) -> None:
        self._words = words
        self.found: set[str] = set()
        self.texts: dict[str, str] = {}
        self.format = "DELIMITED"
        self.partition: tuple[str, ...] = ()
        self.include = self.verbose = False
        self.parallel = True
        self.sizes: dict[str, int] = {}

    def take(self) -> None:
        words = self._words
        _ = words.take("WITH") or words.take("FORMAT", "AS") or words.take("FORMAT")
        option = words.next().upper
        if option in self.found:
            raise SqlError("42601", f"conflicting or redundant options: {option}")
        self.found.add(option)
        if option in ("PARQUET", "CSV", "JSON"):
            if self.format != "DELIMITED":
                raise SqlError("42601", f"conflicting or redundant options: {option}")
            self.format = option
        elif option in ("DELIMITER", "NULL", "EXTENSION", "REGION", "KMS_KEY_ID"):
            _ = words.take("AS")
            self.texts[option] = words.string()
        elif option in _SWITCHES:
            self.verbose = self.verbose or (option == "MANIFEST" and words.take("VERBOSE"))
        else:
            self._take_other(option)

    def _take_other(self, option: str) -> None:
        words = self._words
        if option == "IAM_ROLE":
            take_role(words)
        elif option == "PARTITION":
            words.expect("BY")
            self.partition = words.names()
            self.include = words.take("INCLUDE")
        elif option == "PARALLEL":
            self.parallel = not (words.take("OFF") or words.take("FALSE"))
            _ = words.take("ON") or words.take("TRUE")
        elif option in _SIZES:
            _ = words.take("AS")
            self._take_size(option)
        elif option == "ENCRYPTED":
            _ = words.take("AUTO")
        elif option == "FIXEDWIDTH":
            raise not_imitated("UNLOAD … FIXEDWIDTH")
        else:
            raise SqlError("42601", f'syntax error at or near "{option.lower()}"')

    def _take_size(self, option: str) -> None:
        text = self._words.next().text
        if not re.fullmatch(r"\d+(\.\d+)?", text):
            raise SqlError("42601", f'syntax error at or near "{text}"')
        size = float(text) * (1024 if self._words.take("GB") else 1)
        _ = self._words.take("MB")
        least, most = _SIZES[option]
        if not least <= size <= most:
            raise SqlError("22023", f"{option} must be between {least} MB and {most} MB")
        self.sizes[option] = int(size * 1024**2)

    def check(self) -> None:
        if "IAM_ROLE" not in self.found:
            raise SqlError("42601", "UNLOAD needs IAM_ROLE: default or the ARN of a role")
        if "ZSTD" in self.found:
            raise not_imitated("UNLOAD … ZSTD")
        refused = sorted(self.found & _NOT_WITH[self.format])
        if refused:
            raise SqlError("0A000", f"{refused[0]} is not supported for UNLOAD to {self.format}")
        if {"CLEANPATH", "ALLOWOVERWRITE"} <= self.found:
            raise SqlError("0A000", "CLEANPATH and ALLOWOVERWRITE cannot be used together")
