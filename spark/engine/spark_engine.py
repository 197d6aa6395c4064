"""Spark on this machine: one session in a Java process of its own, which lives as long as the engine.

Everything is computed by Spark's own functions. Nothing of the data passes through Python: what comes back are counts.
"""

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from pathlib import Path
from typing import Any, ClassVar

import pyspark
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext, StorageLevel
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as spark_functions

from extract.errors import DataRefused, ReelhouseError
from extract.privacy import PrivacyKey
from extract.settings import environment
from spark.contracts import Column, Contract, Kind
from spark.engine import DataFrame, Expression, Transform, Written
from spark.engine.java import find_java
from spark.engine.raw_lines import read_lines
from spark.engine.spark_leaves import LINE, leaves, parse, record_text
from spark.leaves import POSITION, RAW_OBJECT, RECORD
from spark.raw import Fetched

_OWNER = threading.Lock()
PARTITION_BYTES = 64 * 1024 * 1024
"""Compressed raw bytes that one task should take."""
FILE_BYTES = 256 * 1024 * 1024
"""Shuffled bytes of a Parquet file: 64 to 512 MB is what COPY reads best, and zstd makes them a little smaller."""
_FILE_OVERHEAD = 2**40
_PARQUET_TYPES: dict[Kind, str] = {
    "varchar": "string",
    "bigint": "bigint",
    "integer": "int",
    "double": "double",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamp_ntz",
}
# Straight to timestamp_ntz an offset would be dropped; the session lives in UTC.
_TYPING: dict[Kind, str] = {
    "varchar": "{text}",
    "bigint": "try_cast({text} as bigint)",
    "integer": "try_cast({text} as int)",
    "double": "try_cast({text} as double)",
    "boolean": "try_cast({text} as boolean)",
    "date": "try_cast({text} as date)",
    "timestamp": "cast(try_cast({text} as timestamp) as timestamp_ntz)",
}
_CONFIGURATION = {
    "spark.app.name": "reelhouse",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.log.level": "ERROR",
    "spark.master": "local[*]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # The blocks of the privacy key: 64 bytes, as they are written and as Spark prints a literal of bytes.
    "spark.redaction.string.regex": "[0-9A-Fa-f]{128}",
    "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": str(FILE_BYTES),
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.catalogImplementation": "in-memory",
    # So a file is a partition of its own, and the number of a row in its partition is that of its line.
    "spark.sql.files.openCostInBytes": str(_FILE_OVERHEAD),
    "spark.sql.legacy.sizeOfNull": "false",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.session.timeZone": "UTC",
    # Listing a few hundred local files is no work for a Spark job.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "1000000",
}
_MACHINE = {
    "No space left on device": "the temporary folder is full",
    "OutOfMemoryError": "memory is short",
    "Py4JNetworkError": "its Java process is gone",
    "Connection refused": "its Java process is gone",
}
"""What a message of Spark or Java holds -> what is to be mended."""


class SparkEngine:
    """Computes in a local Spark; what does not fit into memory goes to the scratch folder."""

    functions: ClassVar[Any] = spark_functions
    window: ClassVar[Any] = Window

    def __init__(self, session: SparkSession, key: PrivacyKey) -> None:
        """Use ``open_engine``."""
        self._session = session
        self._key = key
        self._fetched: Sequence[Fetched] = ()
        self._judged: Any = None

    def open_stream(self, stream: str, fetched: Sequence[Fetched]) -> None:  # noqa: ARG002
        """Take the raw objects of a stream; they are read when their records are judged."""
        if self._judged is not None:
            self._judged.unpersist(blocking=True)
        self._fetched = fetched
        self._session.conf.set("spark.sql.shuffle.partitions", self._partitions())

    def records(self, places: DataFrame) -> DataFrame:
        """Add the key of the raw object and the record's text to lines of the open stream."""
        # Few of many: with their texts they are moved together, so that they do not end in a file for each raw object.
        found = places.join(self._lines(), on=list(POSITION)).repartition(*POSITION[:2])
        carried = list(places.columns)
        frame = _select(found, [*parse(carried), record_text(carried)])
        return frame.join(self._objects(), on=list(POSITION[:2])).select(*carried, RAW_OBJECT, RECORD)

    def judged(self, contract: Contract, transform: Transform) -> DataFrame:
        """Return what a transform makes of the open stream's leaf frame, computed once.

        Raises:
            DataRefused: an object cannot be decompressed, or holds another number of lines than its manifest says.
        """
        frame = _select(self._lines(), [*parse(POSITION), *leaves(contract)])
        self._judged = transform(frame, contract).persist(StorageLevel.MEMORY_AND_DISK)
        try:
            self._check_lines(self._judged)
        except (PySparkException, Py4JError):
            for found in self._fetched:  # a damaged object is told by its name
                for _ in read_lines(found):
                    pass
            raise
        return self._judged

    def rows(self, frame: DataFrame) -> list[tuple[Any, ...]]:
        """Return the rows of a small frame."""
        return [tuple(row) for row in frame.collect()]

    def write(self, frame: DataFrame, columns: Sequence[Column], order: Sequence[str], folder: Path) -> list[Written]:
        """Write a frame as Parquet.

        No shuffle of its own: the partitions are those of the step before, which adaptive execution has brought to
        the size of a file, and rows are in order within a file.
        """
        typed = frame.select(
            *(spark_functions.col(column.name).cast(_PARQUET_TYPES[column.kind]) for column in columns)
        ).sortWithinPartitions(*order)
        typed.write.parquet(str(folder))
        written = self._session.read.schema(typed.schema).parquet(_without_pattern(folder))
        rows = dict(self.rows(written.groupBy("_metadata.file_name").count()))  # Parquet counts in its footers
        return [Written(path, rows.get(path.name, 0)) for path in sorted(folder.glob("part-*.parquet"))]

    def to_type(self, text: str, kind: Kind) -> Expression:
        """Return the value of the column named ``text``."""
        return spark_functions.expr(_TYPING[kind].format(text=text))

    def to_array(self, text: str, kind: Kind) -> Expression:
        """Return the values of the JSON array in the column named ``text``."""
        elements = f"filter(split(substr({text}, 2, length({text}) - 2), ','), e -> e <> '')"
        return spark_functions.expr(f"transform({elements}, e -> {_TYPING[kind].format(text='e')})")

    def byte_length(self, text: str) -> Expression:
        """Return the number of bytes that the column named ``text`` has in UTF-8."""
        return spark_functions.expr(f"octet_length({text})")

    def keyed_hash(self, text: str) -> Expression:
        """Return the keyed hash of what the SQL ``text`` gives; plans that are shown have the key's blocks redacted."""
        inner, outer = self._key.pads
        digest = f"unhex(sha2(concat(unhex('{inner}'), encode({text}, 'UTF-8')), 256))"
        return spark_functions.expr(f"sha2(concat(unhex('{outer}'), {digest}), 256)")

    def _lines(self) -> DataFrame:
        """The raw lines: position and bytes."""
        files = self._session.read.text([_without_pattern(found.path) for found in self._fetched], lineSep="\n")
        name = "regexp_extract(_metadata.file_name, '^([0-9]+)-([0-9]+)', {})"
        sequence, part, line = POSITION
        return files.selectExpr(
            f"cast({name.format(1)} as bigint) as {sequence}",
            f"cast({name.format(2)} as int) as {part}",
            # The lower 33 bits are the row in the partition, which is a file.
            f"(monotonically_increasing_id() & {2**33 - 1}) + 1 as {line}",
            f"value as {LINE}",
        ).coalesce(self._partitions())

    def _objects(self) -> DataFrame:
        """The keys of the raw objects, by manifest and part."""
        sequence, part, _ = POSITION
        keys = [[found.raw.sequence, found.raw.part, found.raw.entry.key] for found in self._fetched]
        schema = f"array<struct<{sequence}: bigint, {part}: int, {RAW_OBJECT}: string>>"
        named = [dict(zip((sequence, part, RAW_OBJECT), key, strict=True)) for key in keys]
        parsed = spark_functions.from_json(spark_functions.lit(json.dumps(named)), schema)
        return self._session.range(0, 1, 1, 1).select(spark_functions.inline(parsed))

    def _check_lines(self, judged: DataFrame) -> None:
        """Compare the lines of each object with its manifest; this is what computes the judged frame."""
        sequence, part, line = POSITION
        counted = judged.groupBy(sequence, part).agg(
            spark_functions.count("*").alias("lines"), spark_functions.max(line).alias("last")
        )
        lines = {(sequence, part): (lines, last) for sequence, part, lines, last in self.rows(counted)}
        for found in self._fetched:
            rows = found.raw.entry.rows
            if lines.get((found.raw.sequence, found.raw.part), (0, 0)) == (rows, rows):
                continue
            for _ in read_lines(found):
                pass
            raise DataRefused(
                f"{found.raw.entry.key}: Spark numbers its {rows} lines otherwise than they stand. Nothing was "
                "published; this is a fault of reelhouse: please report it"
            )

    def _partitions(self) -> int:
        size = sum(found.raw.entry.bytes for found in self._fetched)
        return max(self._session.sparkContext.defaultParallelism, ceil(size / PARTITION_BYTES))


def _select(frame: DataFrame, selects: Sequence[Sequence[str]]) -> DataFrame:
    for items in selects:
        frame = frame.selectExpr(*items)
    return frame


def _without_pattern(path: Path) -> str:
    """Write a path so that Hadoop does not read patterns into it."""
    return re.sub(r"([*?\[\]{}\\])", r"\\\1", str(path))


@contextmanager
def open_engine(scratch: Path, key: PrivacyKey) -> Iterator[SparkEngine]:
    """Open the engine; what Spark writes down on its way goes to the folder ``scratch``.

    Raises:
        ConfigurationError: there is no Java that Spark takes.
        ReelhouseError: Spark cannot be started, or gave up: the disk is full, memory is short.
        KeyboardInterrupt: Ctrl-C in mid-query.
    """
    java = find_java()
    with _OWNER, _java_process(java, scratch) as (configuration, gateway):
        try:
            session = SparkSession(_start_context(configuration, gateway))
            yield SparkEngine(session, key)
            session.stop()
        except (PySparkException, Py4JError, ConnectionError) as error:
            raise ReelhouseError(_explain(error)) from None


@contextmanager
def _java_process(java: Path, scratch: Path) -> Iterator[tuple[SparkConf, Any]]:
    """Start Java with Spark in it, and end it; what it says goes to a file in the scratch folder."""
    folder = scratch / "spark"
    folder.mkdir()
    configuration = SparkConf(loadDefaults=False).setAll(
        [
            *_CONFIGURATION.items(),
            ("spark.driver.memory", f"{_memory() // 2**21}m"),
            ("spark.sql.warehouse.dir", str(folder / "warehouse")),
        ]
    )
    variables = {
        "JAVA_HOME": str(java),
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_LOCAL_DIRS": str(folder),
    }
    with (folder / "log").open("wb") as log:
        try:
            with environment(**variables):
                start: Any = launch_gateway
                gateway = start(configuration, {"stdout": log, "stderr": subprocess.STDOUT})
        except PySparkException:
            raise ReelhouseError(_explain_start(folder / "log")) from None
    try:
        yield configuration, gateway
    finally:
        # PySpark keeps the process for the next session, whose scratch folder will be another one.
        SparkContext._active_spark_context = SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001
        SparkSession._instantiatedSession = None  # noqa: SLF001
        gateway.close()  # the process ends with its input
        gateway.proc.stdin.close()
        gateway.proc.wait()


def _start_context(configuration: SparkConf, gateway: Any) -> SparkContext:
    """Start Spark, and leave Ctrl-C what it was.

    PySpark's handler talks to Java over the connection that waits for an answer; ours ends the process of Java.
    """
    handler = signal.getsignal(signal.SIGINT)
    context = SparkContext(conf=configuration, gateway=gateway)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)
    return context


def _memory() -> int:
    """Bytes of memory that the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _explain_start(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"Spark did not start ({lines[-1] if lines else 'Java says nothing'}). Nothing was committed"


def _explain(error: Exception) -> str:
    """Tell what stopped Spark; its own messages are not passed on, as they may hold data."""
    said = f"{type(error).__name__} {error}"
    detail = next((f": {reason}" for sign, reason in _MACHINE.items() if sign in said), "")
    return (
        f"the engine stopped ({type(error).__name__}{detail}). Nothing was committed; what landed is kept. Mend the "
        "cause (space in the temporary folder, memory) and run again"
    )
