"""Engines: who computes a DataFrame. Transforms are written once, for the part of PySpark's API that all engines share.

``functions`` and ``Window`` stand for PySpark's modules of that name. They look up the engine in use at the moment of
each call, so a transform may import them before an engine is chosen:

    from spark.engine import functions as F, Window as W
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from extract.errors import ConfigurationError
from extract.lake import Lake
from extract.manifest import ObjectEntry
from extract.privacy import PrivacyKey
from extract.settings import Settings
from spark.contracts import Column, Contract, Kind
from spark.leaves import RawPlace
from spark.proof import Proved
from spark.raw import Backlog

DataFrame: TypeAlias = Any
"""A DataFrame of the engine in use."""
Expression: TypeAlias = Any
"""A Column of the engine in use."""


Transform: TypeAlias = Callable[[DataFrame, Contract], DataFrame]
"""From the leaf frame of an entity to its judged frame."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of the judged records of a stream.

    Attributes:
        name: tells it from the other questions about the same contract; an engine may keep how it is answered. None
            where it holds values of one run.
        of: from the judged frame to the answer.
    """

    name: str | None
    of: Callable[[DataFrame], DataFrame]


class Engine(Protocol):
    """What a transform and a job need from an engine."""

    functions: Any
    window: Any

    def open_stream(self, backlog: Backlog) -> None:
        """Take the raw objects of a stream; they are at hand until the next stream is opened.

        Before anything is made of them their bytes are held against their manifests.

        Raises:
            DataRefused: an object is missing, its bytes are not those of its manifest, it cannot be decompressed, or it
                holds another number of lines than its manifest says.
        """

    def judge(self, contract: Contract, transform: Transform) -> None:
        """Compute what a transform makes of the open stream's leaf frame: the records of which questions are asked.

        Raises:
            DataRefused: as ``open_stream``, of an engine that reads no earlier.
        """

    def ask(self, question: Question) -> list[tuple[Any, ...]]:
        """Return the answer to a question: counts, not data."""

    def records(self, places: DataFrame) -> DataFrame:
        """Add ``_raw_object`` (its key) and ``_record`` (the source's text) to positions in the open stream."""

    def places(self, keys: Sequence[str]) -> list[tuple[int, int, int]]:
        """Return the raw sequence, part and line of each record in objects of the quarantine."""

    def rows(self, frame: DataFrame) -> list[tuple[Any, ...]]:
        """Return the rows of a small frame that is not made of the judged records."""

    def write_answer(
        self, question: Question, columns: Sequence[Column], order: Sequence[str], folder: str
    ) -> tuple[ObjectEntry, ...]:
        """Write the answer to a question as Parquet under the key ``folder``, in which there is nothing yet.

        These columns in this order with exactly these types; rows in a total order within a file. What is returned is
        there whole, whatever happened to attempts of its parts.
        """

    def write(
        self, frame: DataFrame, columns: Sequence[Column], order: Sequence[str], folder: str
    ) -> tuple[ObjectEntry, ...]:
        """Write a frame that is not made of the judged records likewise."""

    def prove(self, contract: Contract, files: Sequence[ObjectEntry], places: Sequence[RawPlace]) -> Proved:
        """Look at what was written of the open stream: compare it with the judged records, sum it, show some of it.

        Args:
            contract: of the rows.
            files: that hold them.
            places: raw lines of which the rows are shown.
        """

    def sums(self, contract: Contract, key: str) -> dict[str, int]:
        """Return the sum of each column of an object of rows; see ``spark.proof``."""

    def read_parquet(self, key: str) -> tuple[DataFrame, list[tuple[str, str]]]:
        """Return what an object holds, and its columns with their types, as contracts call them if they know them.

        Raises:
            DataRefused: it is no Parquet file.
        """

    def to_type(self, text: str, kind: Kind) -> Expression:
        """Return the value of the column named ``text``, which the grammar has accepted; null if it has none."""

    def to_array(self, text: str, kind: Kind) -> Expression:
        """Return the values of the JSON array in the column named ``text``, each as ``to_type`` has it.

        Only where the grammar has accepted every element; the array is null, or an element of it, where one has no
        value.
        """

    def byte_length(self, text: str) -> Expression:
        """Return the number of bytes that the column named ``text`` has in UTF-8."""

    def keyed_hash(self, text: str, key: PrivacyKey | None = None) -> Expression:
        """Return the keyed hash of what the SQL ``text`` gives, under the key with which the engine was opened.

        ``key`` is another of its ring.
        """


_in_use: ContextVar[Engine] = ContextVar("engine")


def current() -> Engine:
    """Return the engine in use.

    Raises:
        LookupError: there is none.
    """
    return _in_use.get()


@contextmanager
def using(engine: Engine) -> Iterator[Engine]:
    """Make an engine the one in use."""
    token = _in_use.set(engine)
    try:
        yield engine
    finally:
        _in_use.reset(token)


_ENGINES = {
    "duckdb": ("spark.engine.duckdb_engine", "local"),
    "spark": ("spark.engine.spark_engine", "spark"),
}
"""Name -> the module with its ``open_engine``, and the extra of the installation that it needs."""


def open_engine(settings: Settings, lake: Lake, scratch: Path, key: PrivacyKey) -> AbstractContextManager[Engine]:
    """Open the engine that the settings name.

    Args:
        settings: which engine, and how it is reached.
        lake: what it reads from and writes to.
        scratch: a folder for what it must put somewhere meanwhile, never the key.
        key: of the keyed hashes.

    Raises:
        ConfigurationError: its libraries are not installed.
    """
    module, extra = _ENGINES[settings.engine]
    try:
        opened: AbstractContextManager[Engine] = import_module(module).open_engine(settings, lake, scratch, key)
    except ImportError as error:
        raise ConfigurationError(
            f"engine: {settings.engine} needs {error.name}, which is not installed: pip install 'reelhouse[{extra}]'"
        ) from None
    return opened


class _Late:
    """A module of PySpark's API as the engine in use has it."""

    def __init__(self, find: Callable[[], Any]) -> None:
        self._find = find

    def __getattr__(self, name: str) -> Any:
        return getattr(self._find(), name)


functions: Any = _Late(lambda: current().functions)
Window: Any = _Late(lambda: current().window)
