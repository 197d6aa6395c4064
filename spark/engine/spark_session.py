"""Sessions of Spark: the one of the process where there is one (Glue, spark-submit), else one in a Java of our own."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyspark
from py4j.protocol import Py4JError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from extract.errors import ConfigurationError, ReelhouseError
from extract.lake import Lake
from extract.settings import Settings, environment
from spark.engine.java import find_java

FILE_BYTES = 256 * 1024 * 1024
"""Shuffled bytes of a Parquet file: 64 to 512 MB is what COPY reads best, and zstd makes them a little smaller."""
PARALLELISM_FIRST = "spark.sql.adaptive.coalescePartitions.parallelismFirst"
_FILE_OVERHEAD = 2**40
_OWNER = threading.Lock()

KEY_BLOCK = "[0-9A-Fa-f]{128}"
"""The blocks of the privacy key: 64 bytes, as they are written and as Spark prints a literal of bytes."""

# What transforms rely on, set in every session.
_SESSION = {
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    "spark.sql.adaptive.advisoryPartitionSizeInBytes": str(FILE_BYTES),
    PARALLELISM_FIRST: "true",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.ansi.enabled": "false",
    # Java never compiles methods of more bytes than that, and Spark would make such of many columns.
    "spark.sql.codegen.hugeMethodLimit": "8000",
    # What follows from filters over columns that are made of one another takes Spark minutes and gigabytes to work out,
    # and nothing is read or joined otherwise for it.
    "spark.sql.constraintPropagation.enabled": "false",
    # So a file is a partition of its own, and the number of a row in its partition is that of its line.
    "spark.sql.files.openCostInBytes": str(_FILE_OVERHEAD),
    # What is no JSON is nothing, not what of it could be read.
    "spark.sql.json.enablePartialResults": "false",
    "spark.sql.legacy.sizeOfNull": "false",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.redaction.string.regex": KEY_BLOCK,
    "spark.sql.session.timeZone": "UTC",
}
_PROCESS = {
    "spark.app.name": "reelhouse",
    # A task whose worker or whose attempt died leaves nothing behind: only a whole job's attempts become objects.
    "spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version": "1",
    "spark.log.level": "ERROR",
    "spark.redaction.string.regex": KEY_BLOCK,
    "spark.sql.catalogImplementation": "in-memory",
    # Spark writes the text of every plan, and of every change of one, for a page that is off: a fifth of the processor
    # time of few records, were all columns in it.
    "spark.sql.debug.maxToStringFields": "0",
    "spark.sql.ui.explainMode": "simple",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
_LOOPBACK = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}

PACKAGES = (
    # The release of Hadoop is that of Spark 3.5's own jars (pyspark/jars/hadoop-client-api-3.3.4.jar).
    "org.apache.hadoop:hadoop-aws:3.3.4",
    # Binds Spark's writer to the committers of Hadoop's file systems; its code is the same in all releases of 3.5.
    "org.apache.spark:spark-hadoop-cloud_2.12:3.5.8",
    "com.amazonaws:aws-java-sdk-s3:1.12.797",
    "com.amazonaws:aws-java-sdk-sts:1.12.797",
    "com.amazonaws:aws-java-sdk-dynamodb:1.12.797",
)
"""What Spark needs for S3 beside its own jars."""
# The bundle holds all services of AWS, 280 MB of which three parts of 4 MB are used; the others are other clouds.
_LEFT_OUT = (
    "com.amazonaws:aws-java-sdk-bundle",
    "com.google.cloud.bigdataoss:gcs-connector",
    "org.apache.hadoop:hadoop-aliyun",
    "org.apache.hadoop:hadoop-azure",
    "org.apache.hadoop:hadoop-azure-datalake",
    "org.apache.hadoop:hadoop-client-api",
    "org.apache.hadoop:hadoop-client-runtime",
    "org.apache.hadoop:hadoop-cloud-storage",
    "org.apache.hadoop:hadoop-cos",
    "org.apache.hadoop:hadoop-openstack",
)
_S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem"
_S3 = {
    # The lake's addresses are s3://, on Glue as here.
    "spark.hadoop.fs.s3.impl": _S3A,
    "spark.hadoop.fs.s3a.aws.credentials.provider": (
        "org.apache.hadoop.fs.s3a.TemporaryAWSCredentialsProvider,"
        "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider,"
        "com.amazonaws.auth.DefaultAWSCredentialsProviderChain"
    ),
    "spark.hadoop.fs.s3a.committer.magic.enabled": "true",
    "spark.hadoop.fs.s3a.committer.name": "magic",
    "spark.hadoop.mapreduce.outputcommitter.factory.scheme.s3": "org.apache.hadoop.fs.s3a.commit.S3ACommitterFactory",
    "spark.sql.parquet.output.committer.class": "org.apache.spark.internal.io.cloud.BindingParquetOutputCommitter",
    "spark.sql.sources.commitProtocolClass": "org.apache.spark.internal.io.cloud.PathOutputCommitProtocol",
}
_MACHINE = {
    "No space left on device": "the temporary folder is full",
    "OutOfMemoryError": "memory is short",
    "Py4JNetworkError": "its Java process is gone",
    "Connection refused": "its Java process is gone",
    "All masters are unresponsive": "no master answers at spark_master",
    # Spark gives up after a minute, and whoever asks it then is told one of these.
    "LiveListenerBus is stopped": "no master answers at spark_master",
    "on a stopped SparkContext": "no master answers at spark_master",
}
"""What a message of Spark or Java holds -> what is to be mended."""


_REASON = re.compile(r"Exception\b|^(Invalid|Unrecognized|Error)\b")
"""In what Java says when it does not start, the line that tells why; frames of its stack come behind it."""


@contextmanager
def open_session(settings: Settings, lake: Lake, scratch: Path) -> Iterator[SparkSession]:
    """Open a session; what Spark writes down on its way goes to the folder ``scratch``.

    Raises:
        ConfigurationError: there is no Java that Spark takes.
        ReelhouseError: Spark cannot be started, or gave up: the disk is full, memory is short.
        KeyboardInterrupt: Ctrl-C in mid-query.
    """
    running = SparkSession.getActiveSession()
    with _OWNER:
        if running:
            with _explained():
                yield _prepared(running.newSession(), settings)
            return
        with _java_process(settings, lake, scratch) as (configuration, gateway), _explained():
            session = SparkSession(_start_context(configuration, gateway))
            yield _prepared(session, settings)
            session.stop()


@contextmanager
def _explained() -> Iterator[None]:
    """Put into words what stopped Spark, as long as there is a Java that can be asked."""
    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise ReelhouseError(_explain(error)) from None


def submitted_session() -> SparkSession:
    """Return the session of a process that was started for Spark (by Glue, by spark-submit), opened if need be."""
    return SparkSession.builder.getOrCreate()


def _prepared(session: SparkSession, settings: Settings) -> SparkSession:
    for name, value in _SESSION.items():
        session.conf.set(name, settings.spark_options.get(name, value))
    return session


def configured(settings: Settings, lake: Lake, folder: Path) -> dict[str, str]:
    """Return what a Spark of our own is started with."""
    is_local = settings.spark_master.startswith("local")
    return {
        **_PROCESS,
        **(_LOOPBACK | {"spark.driver.memory": f"{_memory() // 2**21}m"} if is_local else {}),
        **(_for_s3(settings) if lake.engine_path("").startswith("s3:") else {}),
        "spark.master": settings.spark_master,
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        **settings.spark_options,
    }


def _for_s3(settings: Settings) -> dict[str, str]:
    return {**_S3, **_endpoint(settings.s3.endpoint_url), **_jars(settings.spark_jars)}


def _endpoint(url: str | None) -> dict[str, str]:
    if url is None:
        return {}
    return {
        "spark.hadoop.fs.s3a.connection.ssl.enabled": str(urlsplit(url).scheme == "https").lower(),
        "spark.hadoop.fs.s3a.endpoint": url,
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }


def _jars(folder: str | None) -> dict[str, str]:
    if folder is None:
        return {"spark.jars.packages": ",".join(PACKAGES), "spark.jars.excludes": ",".join(_LEFT_OUT)}
    jars = sorted(map(str, Path(folder).glob("*.jar")))
    if not jars:
        raise ConfigurationError(f"spark_jars: there are no jars in {folder}")
    return {"spark.jars": ",".join(jars)}


@contextmanager
def _java_process(settings: Settings, lake: Lake, scratch: Path) -> Iterator[tuple[SparkConf, Any]]:
    """Start Java with Spark in it, and end it; what it says goes to a file in the scratch folder."""
    java = find_java()
    folder = scratch / "spark"
    folder.mkdir()
    configuration = SparkConf(loadDefaults=False).setAll([*configured(settings, lake, folder).items()])
    variables = {
        "JAVA_HOME": str(java),
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "SPARK_LOCAL_DIRS": str(folder),
    }
    with (folder / "log").open("wb") as log:
        try:
            with environment(**variables):
                start: Any = launch_gateway
                with _interrupts_held() as interrupts:
                    gateway = start(configuration, {"stdout": log, "stderr": subprocess.STDOUT})
        except PySparkException:
            raise ReelhouseError(_explain_start(folder / "log")) from None
    try:
        if interrupts:
            raise KeyboardInterrupt
        yield configuration, gateway
    finally:
        # PySpark keeps the process for the next session, whose scratch folder will be another one.
        SparkContext._active_spark_context = SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001
        SparkSession._instantiatedSession = None  # noqa: SLF001
        gateway.close()  # the process ends with its input
        gateway.proc.stdin.close()
        gateway.proc.wait()


@contextmanager
def _interrupts_held() -> Iterator[list[int]]:
    """Put off Ctrl-C, which is in the list then; a second one counts at once.

    PySpark waits for the Java that it has started and forgets which it is when it is interrupted: a process would stay
    that nobody ends.
    """
    held: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield held
        return
    ours = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is signal.default_int_handler]

    def hold(number: int, _: Any) -> None:
        if held:
            raise KeyboardInterrupt
        held.append(number)

    for number in ours:
        signal.signal(number, hold)
    try:
        yield held
    finally:
        for number in ours:
            signal.signal(number, signal.default_int_handler)


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
    if any("unresolved dependency" in line for line in lines):
        return (
            "Spark did not start: the jars by which it reaches S3 could not be fetched from Maven Central. Nothing was "
            "committed; let this machine reach it, or name a folder that holds them with spark_jars"
        )
    reason = next((line.strip() for line in lines if _REASON.search(line)), lines[-1] if lines else "Java says nothing")
    return (
        f"Spark did not start ({reason}). Nothing was committed; what landed is kept. Mend spark_master, spark_options "
        "or the Java of this machine, and run again"
    )


def _explain(error: Exception) -> str:
    """Tell what stopped Spark; its own messages are not passed on, as they may hold data."""
    said = f"{type(error).__name__} {error}"
    detail = next((f": {reason}" for sign, reason in _MACHINE.items() if sign in said), "")
    cause = "that" if detail else "the cause (space in the temporary folder, memory)"
    return (
        f"the engine stopped ({type(error).__name__}{detail}). Nothing was committed; what landed is kept. "
        f"Mend {cause} and run again"
    )
