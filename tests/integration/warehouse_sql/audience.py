"""An invented audience: playbacks, titles and users as StreamPulse's files tell them, good rows alone."""

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tests.integration.warehouse_sql.staged import Rows

FIRST = datetime.fromisoformat("2026-01-01")
TAKEN_AT = datetime.fromisoformat("2026-03-01 02:00")
USERS = [f"u{number}" for number in range(25)]
TITLES = [f"c{number}" for number in range(8)]
REGIONS = (None, None, "Goa", "Kerala", "Assam")
DEVICES = ("mobile", "tv", "desktop", "other")


def audience(chance: random.Random) -> Mapping[str, Rows]:
    """Return what one load holds: some of everything, repeats of earlier loads' playbacks among it."""
    return {
        "streampulse__playback": [playback(chance) for _ in range(150)],
        "streampulse__content": distinct("content_id", [title(chance) for _ in range(8)]),
        "streampulse__user": distinct("user_id", [user(chance) for _ in range(20)]),
    }


def distinct(key: str, rows: list[dict[str, Any]]) -> Rows:
    """Keep one row of each key and file, as a normalisation does."""
    return list({(row[key], row["last_modified"]): row for row in rows}.values())


def playback(chance: random.Random) -> dict[str, Any]:
    """Invent a state of one of a thousand playbacks; its file is as old as a random day."""
    start = FIRST + timedelta(seconds=chance.randrange(45 * 86_400), microseconds=chance.choice((0, 0, 499_999)))
    length = timedelta(seconds=chance.randrange(3 * 3600), milliseconds=chance.choice((0, 300, 700)))
    return {
        "playback_id": f"p{chance.randrange(1_000)}",
        "user_id": chance.choice(USERS),
        "content_id": chance.choice(TITLES),
        "device_type": chance.choice(DEVICES),
        "region": chance.choice(REGIONS),
        "started_at": start,
        "ended_at": chance.choice((None, start + length, start + length, start + length)),
        **_file(chance),
    }


def title(chance: random.Random) -> dict[str, Any]:
    """Invent a state of a title; the last one is never described."""
    return {
        "content_id": chance.choice(TITLES[:-1]),
        "title": chance.choice(("Monsoon", "Derby", "Night Train")),
        "genre": chance.choice((None, "Drama", "Sport")),
        "content_type": "movie",
        "duration_min": chance.choice((None, 45, 90)),
        **_file(chance),
    }


def user(chance: random.Random) -> dict[str, Any]:
    """Invent a state of a profile; the last user has none."""
    return {
        "user_id": chance.choice(USERS[:-1]),
        "name": "Asha Example",
        "email": "asha@example.com",
        "subscription_plan": chance.choice(("Basic", "Premium")),
        "region": chance.choice((None, "Goa", "Bihar")),
        **_file(chance),
    }


def _file(chance: random.Random) -> dict[str, Any]:
    return {
        "last_modified": FIRST + timedelta(hours=12 * chance.randrange(120)),
        "_extracted_at": TAKEN_AT + timedelta(microseconds=chance.randrange(10**9)),
    }
