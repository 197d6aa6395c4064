"""A pipeline in a folder with persons planted in raw and in the landing folder, and a search for them everywhere."""

import base64
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from extract.lake import DirectoryLake
from extract.progress import Progress, Silent
from orchestration.context import Context, Options
from orchestration.pipeline import extract_stage, load_stage, normalise_stage, replay_stage
from orchestration.sandboxes import open_warehouse
from tests.integration.spark.lakes import land
from warehouse_sql.query import query

CONFIGURATION = """\
streampulse: {settle_seconds: 0}
lake: "file:lake"
warehouse: "sandbox:."
"""
AS_OF = datetime(2026, 1, 9, 2, tzinfo=UTC)
ADA = ("ada-key", "ada-phone", "ada@example.org", "ada-user", "Ada Lovelace", "192.0.2.77")
"""By what the person to be forgotten is known, and what else is hers alone."""
BOB = ("bob-key", "bob@example.org", "bob-user")


def line(record: dict[str, Any], sent_at: str = "2026-01-08T00:00:00.000001Z", **meta: Any) -> str:
    """Return a raw line."""
    return json.dumps({"_meta": {"sent_at": sent_at, **meta}, "record": record}, separators=(",", ":"))


def visitor(key: str, email: str | None = None, plays: object = 1, name: str = "") -> str:
    """Return a visitor as the API lists one."""
    identity = {"name": name, "email": email} if email else None
    counts = {"last_active_at": "2026-01-06T10:00:00Z", "load_count": 1, "play_count": plays}
    return line({"visitor_key": key, "visitor_identity": identity, **counts})


def session(key: str, visitor_key: str, email: str = "", ip: str = "198.51.100.1", day: int = 6) -> str:
    """Return a session as the API lists one."""
    media = {"media_id": "m1", "percent_viewed": 0.5, "received_at": f"2026-01-0{day}T10:00:00Z"}
    return line({"event_key": key, "visitor_key": visitor_key, "email": email, "ip": ip, **media})


def playback(key: str, user: str) -> dict[str, str]:
    """Return a playback as a file tells one."""
    times = {"start_time": "2026-01-06T10:00:00Z", "end_time": "2026-01-06T10:30:00Z", "device_type": "tv"}
    return {"playback_id": key, "user_id": user, "content_id": "c1", "region": "Kerala", **times}


def profile(user: str, email: str, name: str) -> dict[str, str]:
    """Return a profile as a file tells one."""
    return {"user_id": user, "email": email, "name": name, "subscription_plan": "Basic", "region": "Kerala"}


class Home:
    """A pipeline in a folder, whose warehouse is an endpoint of its own."""

    def __init__(self, folder: Path) -> None:
        """Write the configuration."""
        self.folder = folder
        (folder / "reelhouse.yaml").write_text(CONFIGURATION)
        self.lake = DirectoryLake(folder, "lake")

    def context(self, as_of: datetime = AS_OF) -> Context:
        """Return what a command works with."""
        return Context(Options(home=self.folder, as_of=as_of))

    def plant(self) -> None:
        """Land two persons: visitors, sessions, users, playbacks; a record of the first is bad, and a line is none."""
        hidden = visitor("ada-phone", "ADA@example.org ").replace("ADA@", "ADA\\u0040")
        broken = json.dumps({"_meta": {"sent_at": "2026-01-08T00:00:00Z"}, "bytes": encoded(b'{"e":"ada@example.org')})
        land(
            self.lake, "wistia/visitors", [visitor("ada-key", "ada@example.org", name="Ada Lovelace"), visitor("carl")]
        )
        land(
            self.lake,
            "wistia/visitors",
            [visitor("bob-key", "bob@example.org"), visitor("ada-key", "ada@example.org", "many"), hidden, broken],
        )
        land(
            self.lake,
            "wistia/events",
            [
                session("s1", "ada-key", ip="192.0.2.77"),
                session("s2", "bob-key", "bob@example.org"),
                session("s3", "ada-phone", day=7),
            ],
        )
        self.drop("user_profiles/ada.jsonl", profile("ada-user", "ada@example.org", "Ada Lovelace"))
        self.drop("user_profiles/bob.jsonl", profile("bob-user", "bob@example.org", "Bob"))
        self.drop("playback/both.jsonl", playback("p1", "ada-user"), playback("p2", "bob-user"))

    def drop(self, name: str, *rows: dict[str, str]) -> None:
        """Drop a file of StreamPulse, and land it."""
        lines = "".join(f"{json.dumps(row)}\n" for row in rows)
        self.lake.put(f"landing/streampulse/{name}", lines.encode())
        extract_stage(self.context(), Silent())

    def load(self, progress: Progress | None = None) -> None:
        """Normalise and load."""
        context = self.context()
        normalise_stage(context, progress or Silent())
        load_stage(context, progress or Silent())

    def replay(self) -> None:
        """Build everything anew from raw."""
        assert replay_stage(self.context(), Silent())

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the warehouse."""
        context = self.context()
        return [tuple(row) for row in query(open_warehouse(context.settings, context.secrets), statement).rows]

    def tables(self) -> dict[str, str]:
        """Return all that the warehouse shows, by table and view."""
        ours = "('staging', 'restricted', 'core', 'mart', 'audit')"
        names = self.rows(f"select table_schema, table_name from svv_tables where table_schema in {ours}")
        return {f"{schema}.{name}": str(self.rows(f"select * from {schema}.{name}")) for schema, name in names}

    def objects(self) -> dict[str, bytes]:
        """Return all objects of the lake by key: unpacked, and of Parquet its rows as well as its bytes."""
        return {info.key: opened(self.lake, info.key) for info in self.lake.list_after("")}


def opened(lake: DirectoryLake, key: str) -> bytes:
    """Return what is in an object, as a search for texts wants it."""
    data = lake.get(key)
    if key.endswith(".gz") and data.startswith(b"\x1f\x8b"):
        unpacked = gzip.decompress(data)
        return unpacked + b"".join(decoded(unpacked)) + unpacked.replace(b"\\u0040", b"@")
    if key.endswith(".parquet"):
        with duckdb.connect() as engine:
            rows = engine.execute("select * from read_parquet(?)", [lake.engine_path(key)]).fetchall()
        return data + str(rows).encode()
    return data


def encoded(data: bytes) -> str:
    """Return bytes as a raw line carries those that are no JSON."""
    return base64.b64encode(data).decode()


def decoded(lines: bytes) -> Iterator[bytes]:
    """Yield the bytes that raw lines carry."""
    for text in lines.splitlines():
        carried = json.loads(text).get("bytes")
        if carried:
            yield base64.b64decode(carried)


def holding(found: dict[str, bytes] | dict[str, str], texts: tuple[str, ...]) -> dict[str, list[str]]:
    """Return where which of the texts stand, whatever the case of their letters."""
    where = {}
    for name, content in found.items():
        text = (content if isinstance(content, str) else content.decode("utf-8", "replace")).lower()
        if there := [known for known in texts if known.lower() in text]:
            where[name] = there
    return where
