"""Spark: on this machine, on a cluster, on Glue. What is shared between its processes is the lake, and nothing else.

Everything is computed by Spark's own functions. Nothing of the data passes through Python: what comes back are counts.
"""

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any, ClassVar

from py4j.protocol import Py4JError
from pyspark import StorageLevel
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as spark_functions

from extract.errors import DataRefused
from extract.lake import Lake
from extract.lake.base import missing
from extract.manifest import ObjectEntry
from extract.privacy import PrivacyKey
from extract.settings import Settings
from spark.contracts import Column, Contract, Kind
from spark.engine import DataFrame, Expression, Question, Transform
from spark.engine.raw_lines import read_lines
from spark.engine.spark_leaves import LINE, leaves, parse, record_text
from spark.engine.spark_session import PARALLELISM_FIRST, open_session
from spark.leaves import POSITION, RAW_OBJECT, RECORD, RawPlace
from spark.proof import Dialect, Proved, compared, of_double, read_sums, sample, sums_of, whole
from spark.raw import Backlog, RawObject, checked, other_bytes

TASK_BYTES = 16 * 1024 * 1024
"""Compressed raw bytes that one task should take: twenty seconds' work, so no processor waits long for another."""
SHUFFLE_BYTES = 64 * 1024 * 1024
"""Compressed raw bytes whose records should be moved as one partition."""
SENT_PLACES = 1_000_000
"""Places of lines that are sent to all tasks, which takes 50 MB of each process at most."""
_DAMAGED = ("EOFException", "ZipException", "gzip", "incorrect header", "invalid ")
"""What Hadoop says, among other things, of a gzip stream that it cannot read."""
_CONTENT = {"bytes": "bigint", "sha256": "string"}
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
DIALECT = Dialect(
    {
        "varchar": "cast(conv(left(md5(nullif(rtrim({c}), '')), 7), 16, 10) as bigint)",
        "bigint": whole("{c}"),
        "integer": whole("{c}"),
        "double": of_double("cast(floor({x}) as bigint)"),
        "boolean": "cast({c} as integer)",
        "date": "datediff({c}, date '1970-01-01')",
        "timestamp": whole("timestampdiff(microsecond, timestamp_ntz '1970-01-01 00:00:00', {c})"),
    },
    total="sum({})",  # of bigints, it runs over without a word where spark.sql.ansi.enabled is off
    fingerprint="xxhash64({nulls}, {columns})",  # nulls alone change nothing in it
    exploded="select {columns}, {arrays}, _place as {position} from {records} "
    "lateral view posexplode({first}) placed as _place, _element",
    element="element_at({array}, _place + 1)",
)
_WRITTEN, _JUDGED, _SUMMED = "written_rows", "judged_rows", "summed_rows"


class SparkEngine:
    """Computes in a session of Spark; what does not fit into memory goes to the disks of its processes."""

    functions: ClassVar[Any] = spark_functions
    window: ClassVar[Any] = Window

    def __init__(self, session: SparkSession, lake: Lake, key: PrivacyKey) -> None:
        """Use ``open_engine``."""
        self._session = session
        self._lake = lake
        self._key = key
        self._objects: Sequence[RawObject] = ()
        self._judged: Any = None
        self._mark = secrets.token_hex(16)

    def open_stream(self, backlog: Backlog) -> None:
        """Take the raw objects of a stream and check their bytes; they are read when their records are judged."""
        self.close_stream()
        self._objects = backlog.objects
        self._session.conf.set("spark.sql.shuffle.partitions", self._partitions(SHUFFLE_BYTES))
        self._check_bytes()

    def close_stream(self) -> None:
        """Give back the memory of the open stream."""
        if self._judged is not None:
            self._judged.unpersist(blocking=True)
            self._judged = None

    def records(self, places: DataFrame) -> DataFrame:
        """Add the key of the raw object and the record's text to lines of the open stream."""
        # Few of many: with their texts they are moved together, so that they do not end in a file for each raw object.
        found = self._if_few(places).join(self._lines(), on=list(POSITION)).repartition(*POSITION[:2])
        carried = list(places.columns)
        frame = _select(found, [*parse(carried, self._mark), record_text(carried)])
        return frame.join(self._named(), on=list(POSITION[:2])).select(*carried, RAW_OBJECT, RECORD)

    def judge(self, contract: Contract, transform: Transform) -> None:
        """Compute what a transform makes of the open stream's leaf frame.

        Raises:
            DataRefused: an object cannot be decompressed, or holds another number of lines than its manifest says.
        """
        frame = _select(self._lines(), [*parse(POSITION, self._mark), *leaves(contract)])
        self._judged = transform(frame, contract).persist(StorageLevel.MEMORY_AND_DISK)
        try:
            self._check_lines(self._judged)
        except (PySparkException, Py4JError) as error:
            self._refuse_if_damaged(str(error))
            raise

    def ask(self, question: Question) -> list[tuple[Any, ...]]:
        """Return the answer to a question about the judged records."""
        return self.rows(question.of(self._judged))

    def places(self, keys: Sequence[str]) -> list[tuple[int, int, int]]:
        """Return the places of the records in objects of the quarantine."""
        read = self._session.read.parquet(*(_without_pattern(self._address(key)) for key in keys))
        return [(row[0], row[1], row[2]) for row in read.select("raw_sequence", "raw_part", "raw_line").collect()]

    def rows(self, frame: DataFrame) -> list[tuple[Any, ...]]:
        """Return the rows of a small frame."""
        return [tuple(row) for row in frame.collect()]

    def write_answer(
        self, question: Question, columns: Sequence[Column], order: Sequence[str], folder: str
    ) -> tuple[ObjectEntry, ...]:
        """Write the answer to a question as Parquet objects."""
        return self.write(question.of(self._judged), columns, order, folder)

    def write(
        self, frame: DataFrame, columns: Sequence[Column], order: Sequence[str], folder: str
    ) -> tuple[ObjectEntry, ...]:
        """Write a frame as Parquet objects.

        No shuffle of its own: the partitions are those of the step before, which adaptive execution has brought to
        the size of a file, and rows are in order within a file.
        """
        typed = frame.select(
            *(spark_functions.col(column.name).cast(_PARQUET_TYPES[column.kind]) for column in columns)
        ).sortWithinPartitions(*order)
        with self._in_large_files():
            typed.write.parquet(self._address(folder))
        return self._committed(folder, typed.schema)

    def prove(self, contract: Contract, files: Sequence[ObjectEntry], places: Sequence[RawPlace]) -> Proved:
        """Look at what was written of the open stream."""
        frame = self._session.read.parquet(*(_without_pattern(self._address(file.key)) for file in files))
        frame.createOrReplaceTempView(_WRITTEN)
        self._judged.createOrReplaceTempView(_JUDGED)
        ((alike,),) = self.rows(self._session.sql(compared(contract, DIALECT, _WRITTEN, _JUDGED)))
        shown = self.rows(self._session.sql(sample(contract, _WRITTEN, places)))
        return Proved(alike, self._sums(contract, frame), shown)

    def sums(self, contract: Contract, key: str) -> dict[str, int]:
        """Return the sum of each column of an object of rows."""
        return self._sums(contract, self._session.read.parquet(_without_pattern(self._address(key))))

    def _sums(self, contract: Contract, frame: DataFrame) -> dict[str, int]:
        frame.createOrReplaceTempView(_SUMMED)
        (totals,) = self.rows(self._session.sql(sums_of(contract, DIALECT, contract.columns, _SUMMED)))
        return read_sums(contract.columns, totals)

    def read_parquet(self, key: str) -> tuple[DataFrame, list[tuple[str, str]]]:
        """Return what a file holds, and its columns with their types."""
        try:
            frame = self._session.read.parquet(_without_pattern(self._address(key)))
        except (PySparkException, Py4JError):
            raise DataRefused(f"{self._lake.url(key)} cannot be read as Parquet") from None
        kinds = {engine: kind for kind, engine in _PARQUET_TYPES.items()}
        return frame, [(name, str(kinds.get(kind, kind))) for name, kind in frame.dtypes]

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

    def keyed_hash(self, text: str, key: PrivacyKey | None = None) -> Expression:
        """Return the keyed hash of what the SQL ``text`` gives; plans that are shown have the key's blocks redacted."""
        inner, outer = (key or self._key).pads
        digest = f"unhex(sha2(concat(unhex('{inner}'), encode({text}, 'UTF-8')), 256))"
        return spark_functions.expr(f"sha2(concat(unhex('{outer}'), {digest}), 256)")

    @contextmanager
    def _in_large_files(self) -> Iterator[None]:
        """What is written is moved to partitions of the size of a file; all else to as many as there are processors."""
        otherwise: Any = self._session.conf.get(PARALLELISM_FIRST)  # what the session was given, spark_options too
        self._session.conf.set(PARALLELISM_FIRST, "false")
        try:
            yield
        finally:
            self._session.conf.set(PARALLELISM_FIRST, otherwise)

    def _committed(self, folder: str, schema: Any) -> tuple[ObjectEntry, ...]:
        """What a write has left in a folder: what was committed, with the rows that its footers count."""
        infos = [info for info in self._lake.settled(folder) if info.key.endswith(".parquet")]
        path = _without_pattern(self._address(folder))
        footers = self._session.read.schema(schema).parquet(path).groupBy("_metadata.file_name").count()
        content = self._session.read.format("binaryFile").option("pathGlobFilter", "*.parquet").load(path)
        rows = dict(self.rows(footers))  # Parquet counts in its footers
        digests = dict(self.rows(content.selectExpr("_metadata.file_name", "sha2(content, 256)")))
        names = {info: info.key.removeprefix(folder) for info in infos}
        return tuple(
            ObjectEntry(key=info.key, bytes=info.bytes, rows=rows.get(name, 0), sha256=digests[name])
            for info, name in names.items()
        )

    def _lines(self) -> DataFrame:
        """The raw lines: position and bytes."""
        sequence, part, line = POSITION
        files = self._session.read.text(self._paths(), lineSep="\n").select(
            self._key_of("_metadata.file_path"),
            # The lower 33 bits are the row in the partition, which is a file.
            spark_functions.expr(f"(monotonically_increasing_id() & {2**33 - 1}) + 1").alias(line),
            spark_functions.col("value").alias(LINE),
        )
        return self._placed(files).select(sequence, part, line, LINE).coalesce(self._partitions(TASK_BYTES))

    def _if_few(self, places: DataFrame) -> DataFrame:
        """Send places to all lines where they are few, as those that are refused mostly are; Spark would move lines."""
        ((count,),) = self.rows(places.agg(spark_functions.count("*")))
        return spark_functions.broadcast(places) if count <= SENT_PLACES else places

    def _placed(self, files: DataFrame) -> DataFrame:
        """Add to rows of objects, which have their key, what the manifests say of them."""
        return files.join(spark_functions.broadcast(self._named()), on=RAW_OBJECT)

    def _key_of(self, path: str) -> Expression:
        """The key of the object at a path, as Spark writes it: escaped as in an address."""
        root = len(self._address("").replace("file:///", "file:/").rstrip("/") + "/")
        plain = f"url_decode(replace(regexp_replace({path}, '^file:/+', 'file:/'), '+', '%2B'))"
        return spark_functions.expr(f"substr({plain}, {root + 1})").alias(RAW_OBJECT)

    def _address(self, key: str) -> str:
        """The address of a key, which Hadoop does not take for one on the cluster's own file system."""
        path = self._lake.engine_path(key)
        return f"file://{path}" if path.startswith("/") else path

    def _paths(self) -> list[str]:
        return [_without_pattern(self._address(raw.entry.key)) for raw in self._objects]

    def _named(self) -> DataFrame:
        """What the manifests say of the raw objects: manifest, part, key, size and SHA-256."""
        sequence, part, _ = POSITION
        columns = {sequence: "bigint", part: "int", RAW_OBJECT: "string", **_CONTENT}
        said = [
            dict(zip(columns, (raw.sequence, raw.part, raw.entry.key, raw.entry.bytes, raw.entry.sha256), strict=True))
            for raw in self._objects
        ]
        fields = ", ".join(f"{name}: {kind}" for name, kind in columns.items())
        parsed = spark_functions.from_json(spark_functions.lit(json.dumps(said)), f"array<struct<{fields}>>")
        return self._session.range(0, 1, 1, 1).select(spark_functions.inline(parsed))

    def _check_bytes(self) -> None:
        """Hold the bytes of the raw objects against their manifests, where they are read."""
        try:
            found = self._session.read.format("binaryFile").load(self._paths())
        except PySparkException as error:
            self._refuse_if_missing(str(error))
            raise
        content = found.select(
            self._key_of("_metadata.file_path"),
            spark_functions.col("length").alias("found"),
            spark_functions.expr("sha2(content, 256)").alias("digest"),
        )
        sequence, part, _ = POSITION
        # A reader of Spark's passes over an empty file.
        said = self._named().join(content, on=RAW_OBJECT, how="left").na.fill({"found": 0})
        other = said.where("found <> bytes or digest <> sha256").select(sequence, part, "found")
        for sequence_, part_, size in self.rows(other.orderBy(sequence, part).limit(1)):
            raise other_bytes(self._lake, self._object(sequence_, part_), size)

    def _check_lines(self, judged: DataFrame) -> None:
        """Compare the lines of each object with its manifest; this is what computes the judged frame."""
        sequence, part, line = POSITION
        counted = judged.groupBy(sequence, part).agg(
            spark_functions.count("*").alias("lines"), spark_functions.max(line).alias("last")
        )
        lines = {(sequence, part): (lines, last) for sequence, part, lines, last in self.rows(counted)}
        for raw in self._objects:
            if lines.get((raw.sequence, raw.part), (0, 0)) == (raw.entry.rows, raw.entry.rows):
                continue
            self._read_again(raw)
            raise DataRefused(
                f"{raw.entry.key}: Spark numbers its {raw.entry.rows} lines otherwise than they stand. Nothing was "
                "published; this is a fault of reelhouse: please report it"
            )

    def _object(self, sequence: int, part: int) -> RawObject:
        return next(raw for raw in self._objects if (raw.sequence, raw.part) == (sequence, part))

    def _refuse_if_missing(self, said: str) -> None:
        for raw in self._objects:
            if "PATH_NOT_FOUND" in said and _without_pattern(raw.entry.key) in said:
                raise missing(self._lake.url(raw.entry.key))

    def _refuse_if_damaged(self, said: str) -> None:
        """Name the object that cannot be decompressed: Spark says what is wrong with it, and not always where."""
        if any(sign in said for sign in _DAMAGED):
            for raw in self._objects:
                self._read_again(raw)

    def _read_again(self, raw: RawObject) -> None:
        for _ in read_lines(raw, BytesIO(checked(self._lake, raw))):
            pass

    def _partitions(self, each: int) -> int:
        size = sum(raw.entry.bytes for raw in self._objects)
        return max(self._session.sparkContext.defaultParallelism, ceil(size / each))


def _select(frame: DataFrame, selects: Sequence[Sequence[str]]) -> DataFrame:
    for items in selects:
        frame = frame.selectExpr(*items)
    return frame


def _without_pattern(address: str) -> str:
    """Write an address so that Hadoop does not read patterns into it."""
    return re.sub(r"([*?\[\]{}\\])", r"\\\1", address)


@contextmanager
def open_engine(settings: Settings, lake: Lake, scratch: Path, key: PrivacyKey) -> Iterator[SparkEngine]:
    """Open the engine; what Spark writes down on its way goes to the folder ``scratch``.

    Raises:
        ConfigurationError: there is no Java that Spark takes.
        ReelhouseError: Spark cannot be started, or gave up: the disk is full, memory is short.
        KeyboardInterrupt: Ctrl-C in mid-query.
    """
    with open_session(settings, lake, scratch) as session:
        engine = SparkEngine(session, lake, key)
        yield engine
        engine.close_stream()
