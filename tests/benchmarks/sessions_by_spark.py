"""What somebody would write by hand for sessions alone in PySpark: one module, one entity, the same rules.

Spark 3.5 has no type for JSON, so this too makes a string of every scalar that tells its kind; it needs not be right
for what no session holds (numbers of other forms in fields that nobody knows, half surrogate pairs, last commas). Run
as ``python -m tests.benchmarks.sessions_by_spark FOLDER MASTER OBJECT …``.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

_BODY = r'(?:[^"\\]++|\\.)*+'
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_SCALAR = rf'(?s)"({_BODY})"|({_NUMBER}|true|false|null)'
_AS_STRING = '"$2s$1"'
_TAGGED = rf'(?s)(")s({_BODY})(")|"([^"]*)s"'
_REAL = r"^-?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?$"
_INSTANT = (
    "^(19|[2-9][0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    "([.][0-9]{1,9})?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))$"
)
_TEXTS = {
    "session_id": ("event_key", 128),
    "visitor_id": ("visitor_key", 128),
    "media_id": ("media_id", 64),
    "media_name": ("media_name", 2048),
    "ip_address": ("ip", 64),
    "country": ("country", 256),
    "region": ("region", 256),
    "city": ("city", 256),
    "organisation_name": ("org", 1024),
    "viewer_email": ("email", 1024),
    "embed_url": ("embed_url", 8192),
    "conversion_type": ("conversion_type", 256),
}
_AGENT = {"browser": 256, "browser_version": 256, "platform": 256}
_NUMBERS = {"percent_viewed": "percent_viewed", "latitude": "lat", "longitude": "lon"}
_COLUMNS = [
    *("session_id", "received_at", "visitor_id", "media_id", "media_name", "percent_viewed", "ip_address", "country"),
    *("region", "city", "latitude", "longitude", "organisation_name", "viewer_email", "embed_url", "conversion_type"),
    *("conversion_data", "browser", "browser_version", "platform", "is_mobile", "_extra", "_extracted_at"),
    *("_raw_sequence", "_raw_part", "_raw_line"),
]
_NAMED = [name for name in _COLUMNS if not name.startswith("_raw") and name not in {"_extra", "conversion_data"}]
_REQUIRED = {"session_id", "received_at", "media_id", "_extracted_at"}
_UNMAPPED = ("iframe_heatmap_url", "media_url", "thumbnail", "attributes")
_KNOWN = [
    *(field for field, _ in _TEXTS.values()),
    *_NUMBERS.values(),
    *_UNMAPPED,
    *("received_at", "conversion_data", "user_agent_details"),
]
_CONVERSION = "r['sconversion_data']"
_MEMORY = "11g"


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _read(session: SparkSession, files: list[str]) -> DataFrame:
    """Envelopes: where a line is, its bytes, and its tagged values."""
    tagged = f"regexp_replace(line, {_literal(_SCALAR)}, {_literal(_AS_STRING)})"
    return (
        session.read.text(files, lineSep="\n")
        .selectExpr(
            "cast(regexp_extract(_metadata.file_name, 'part-([0-9]+)', 1) as int) as _raw_part",
            f"(monotonically_increasing_id() & {2**33 - 1}) + 1 as _raw_line",
            "value as line",
        )
        .selectExpr("*", f"from_json({tagged}, 's_meta map<string,string>, srecord string') as envelope")
        .selectExpr(
            "_raw_part",
            "_raw_line",
            "line",
            "envelope.srecord as document",
            "envelope.s_meta['ssent_at'] as sent_at",
            "case when left(envelope.srecord, 1) = '{' then from_json(envelope.srecord, 'map<string,string>') end as r",
        )
        .selectExpr("*", "r['suser_agent_details'] as details")
        .selectExpr("*", "case when left(details, 1) = '{' then from_json(details, 'map<string,string>') end as a")
    )


def _lookups() -> list[str]:
    fields = {**{name: field for name, (field, _) in _TEXTS.items()}, **_NUMBERS, "received_at": "received_at"}
    found = [f"r['s{field}'] as `{name} found`" for name, field in fields.items()]
    found += [f"a['s{name}'] as `{name} found`" for name in _AGENT]
    return [*found, "a['smobile'] as `is_mobile found`", "sent_at as `_extracted_at found`"]


def _text(name: str) -> str:
    """A tagged value as text."""
    value = f"`{name} found`"
    return (
        f"case when left({value}, 1) = 's' then substr({value}, 2) when {value} = 'nulls' then null "
        f"when left({value}, 1) in ('{{', '[') then {value} "
        f"else left({value}, length({value}) - 1) end as `{name} text`"
    )


def _typed(name: str) -> str:
    text, kind = f"`{name} text`", f"left(`{name} found`, 1)"
    scalar = f"{kind} not in ('{{', '[', 't', 'f')"
    if name in _TEXTS or name in _AGENT:
        length = _TEXTS[name][1] if name in _TEXTS else _AGENT[name]
        return (
            f"case when {scalar} and octet_length({text}) <= {length} and not contains({text}, chr(0)) then {text} end"
        )
    if name in _NUMBERS:
        return f"case when {scalar} and {text} rlike '{_REAL}' then try_cast({text} as double) end"
    if name == "is_mobile":
        return f"case when {kind} in ('s', 't', 'f') and {text} in ('true', 'false') then {text} = 'true' end"
    return (
        f"case when {kind} = 's' and {text} rlike '{_INSTANT}' "
        f"then cast(try_cast({text} as timestamp) as timestamp_ntz) end"
    )


def _bounded(name: str) -> str:
    if name == "percent_viewed":
        return f"case when {name} between 0 and 1 then {name} end as {name}"
    if name in _NUMBERS:
        return f"case when abs({name}) <= 1.7976931348623157e308D then {name} end as {name}"
    if name in {"received_at", "_extracted_at"}:
        return f"case when year({name}) between 1900 and 9999 then {name} end as {name}"
    return name


def _quoted(text: str) -> str:
    return f"regexp_replace(to_json(array({text})), '^.|.$', '')"


def _json(value: str) -> str:
    quoted = _quoted(f"substr({value}, 2)")
    return (
        f"case left({value}, 1) when 's' then {quoted} when '{{' then regexp_replace({value}, {_literal(_TAGGED)}, "
        f"'$1$2$3$4') when '[' then regexp_replace({value}, {_literal(_TAGGED)}, '$1$2$3$4') "
        f"else left({value}, length({value}) - 1) end"
    )


def _unknown(fields: str, known: list[str]) -> str:
    names = ", ".join(f"'s{name}'" for name in known)
    return f"filter(map_entries({fields}), field -> field.key not in ({names}))"


def _member(entries: str) -> str:
    return f"transform({entries}, field -> concat({_quoted('substr(field.key, 2)')}, ':', {_json('field.value')}))"


def _extra() -> str:
    values = {name: _json(f"r['s{name}']") for name in _UNMAPPED}
    members = [f"concat('\"{name}\":', {value})" for name, value in values.items()]
    inner = f"concat('\"user_agent_details\":{{', nullif(concat_ws(',', {_member('unknown_agent')}), ''), '}}')"
    return (
        f"concat('{{', nullif(concat_ws(',', {', '.join(members)}, {_member('unknown')}, {inner}), ''), '}}') as _extra"
    )


def _reason() -> str:
    first = (
        "case when document is null then 'malformed_line' when r is null then 'not_object' "
        "when a is null and details <> 'nulls' then 'not_object:user_agent_details' "
        "when size(array_distinct(map_keys(r))) < size(map_keys(r)) then 'duplicate_field' "
        "when size(array_distinct(map_keys(a))) < size(map_keys(a)) then 'duplicate_field:user_agent_details' end"
    )
    reasons = [first]
    for name in _NAMED:
        text = f"nullif(`{name} text`, '')" if name in _REQUIRED or name in _NUMBERS else f"`{name} text`"
        missing = f" when {name} is null then 'missing:{name}'" if name in _REQUIRED else ""
        reasons.append(f"case when {name} is null and {text} is not null then 'refused:{name}'{missing} end")
    reasons.append("case when octet_length(conversion_data) > 8192 then 'too_long:conversion_data' end")
    reasons.append("case when octet_length(_extra) > 65000 then 'too_long:_extra' end")
    return f"coalesce({', '.join(reasons)}) as reason"


def _judge(envelopes: DataFrame) -> DataFrame:
    named = _NAMED
    places = ["1L as _raw_sequence", "_raw_part", "_raw_line"]
    fields = ["line", "document", "details", "r", "a"]
    agent = _unknown("a", [*_AGENT, "mobile"])
    looked = envelopes.selectExpr(
        "*",
        *_lookups(),
        f"{_unknown('r', _KNOWN)} as unknown",
        f"coalesce({agent}, array()) as unknown_agent",
    )
    told = [f"`{name} found`" for name in named]
    kept = ["_raw_part", "_raw_line", *fields, "unknown", "unknown_agent"]
    conversion = f"nullif({_json(_CONVERSION)}, 'null') as conversion_data"
    texts = looked.selectExpr(*kept, *told, *map(_text, named), conversion, _extra())
    typed = texts.selectExpr(
        *places, *fields, "unknown", "unknown_agent", "conversion_data", "_extra",
        *(f"`{name} text`" for name in named), *(f"{_typed(name)} as {name}" for name in named),
    )  # fmt: skip
    bounded = typed.selectExpr(
        "_raw_sequence", "_raw_part", "_raw_line", *fields, "unknown", "unknown_agent", "conversion_data", "_extra",
        *(f"`{name} text`" for name in named), *map(_bounded, named),
    )  # fmt: skip
    judged = bounded.selectExpr(
        *_COLUMNS, _reason(), "line",
        "transform(concat(unknown, unknown_agent), field -> field.key) as unknown",
    )  # fmt: skip
    return judged.withColumn("line", F.when(F.col("reason").isNotNull(), F.col("line")))


def main(folder: str, master: str, files: list[str]) -> None:
    """Normalise raw objects; print seconds, rows and quarantined records."""
    started = time.perf_counter()
    options = {
        "spark.driver.memory": _MEMORY,
        "spark.local.dir": folder,
        "spark.sql.adaptive.advisoryPartitionSizeInBytes": "256m",
        "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
        "spark.sql.files.openCostInBytes": str(2**40),
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    builder = SparkSession.builder.master(master)
    for name, value in options.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.conf.set("spark.sql.shuffle.partitions", str(max(2, len(files) // 2)))
    judged = _judge(_read(session, files)).persist(StorageLevel.MEMORY_AND_DISK)
    reasons = {row["reason"]: row["count"] for row in judged.groupBy("reason").count().collect()}
    newest = Window.partitionBy("session_id").orderBy(
        *(F.col(name).desc() for name in ("_extracted_at", "_raw_sequence", "_raw_part", "_raw_line"))
    )
    rows = judged.where("reason is null").select(*_COLUMNS, F.row_number().over(newest).alias("state"))
    written = rows.where("state = 1").select(*_COLUMNS).sortWithinPartitions("session_id")
    written.write.parquet(f"{folder}/rows")
    refused = judged.where("reason is not null").select("line", "reason", "_raw_sequence", "_raw_part", "_raw_line")
    refused.repartition(1).sortWithinPartitions("_raw_part", "_raw_line").write.parquet(f"{folder}/quarantine")
    drift = judged.where("reason is null").select(F.explode("unknown").alias("name")).groupBy("name").count().collect()
    good = reasons.pop(None)
    print(json.dumps({"seconds": time.perf_counter() - started, "good": good, "reasons": reasons, "drift": len(drift)}))
    gateway: Any = session.sparkContext._gateway
    session.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()  # so that the processor time of Java is known to whoever waits for this process


if __name__ == "__main__":
    main(str(Path(sys.argv[1])), sys.argv[2], sys.argv[3:])
