"""Forgetting a person who asks for it: who that is, what holds them, and the request that is recorded."""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from extract.clock import format_instant
from extract.errors import ConfigurationError
from extract.lake import Lake
from extract.manifest import raw_log
from extract.privacy import PrivacyKey
from extract.progress import Progress
from orchestration.context import Context
from orchestration.erasures import Receipt, beside_others, complete, receipt_of
from orchestration.refused_files import refused_with, whole_texts
from orchestration.sandboxes import open_privacy_key, open_warehouse
from spark.contracts import Contract
from spark.engine.raw_lines import read_lines
from spark.forgotten import (
    ForgetManifest,
    Forgotten,
    Subject,
    forgotten_log,
    hash_of,
    merged,
    personal_contracts,
    plain_text,
    read_forgotten,
    subjects_of,
    tells_whom,
)
from spark.jobs.erase_raw import parse_line
from spark.jobs.normalise import refuse_another_key
from spark.leaves import FORGOTTEN
from spark.manifest import newest_key, staging_log
from spark.raw import RawObject, checked
from warehouse_sql.erase import count

INTERRUPTED = (
    "stopped. If `reelhouse status` says that somebody asked to be forgotten and is not yet, the request is recorded "
    "and the next command that loads completes it; else nothing was changed"
)
Person = tuple[Subject, str]
"""What somebody is known by: a subject, and its text in the plain form that is hashed."""


@dataclass(slots=True)
class Traces:
    """What is known of a person. It holds what they are known by, and is never printed or written.

    Attributes:
        persons: what they are known by, what follows from an address that was asked for included.
        records: stream -> raw records.
        objects: stream -> raw objects with such records.
        sources: landing files that these are from.
        places: stream -> raw places of lines that do not tell whom they are about, and have one of their texts in them.
        refused: landing files of which nothing was taken and that have one of their texts in them: key and content.
        rows: table -> rows in the warehouse.
    """

    persons: set[Person]
    records: Counter[str] = field(default_factory=Counter)
    objects: Counter[str] = field(default_factory=Counter)
    sources: set[str] = field(default_factory=set)
    places: dict[str, list[tuple[int, int, int]]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether anything is known of them."""
        return bool(self.records or self.refused or self.rows)


@dataclass(frozen=True, slots=True)
class ForgetReport:
    """What became of a request; ``receipt`` is None where another process is about to write it."""

    request: int
    is_known: bool
    receipt: Receipt | None


def asked(visitors: Iterable[str], emails: Iterable[str], users: Iterable[str]) -> list[Person]:
    """Return what somebody is known by, as it was typed."""
    given: dict[Subject, Iterable[str]] = {"visitor": visitors, "email": emails, "user": users}
    return [(subject, text) for subject, texts in given.items() for text in texts]


def find(context: Context, progress: Progress, asked: Iterable[Person]) -> Traces:
    """Look for a person in all that landed and in the warehouse; nothing is changed.

    An address stands for the person: all visitors and users that carry it are theirs. A visitor or a user that is asked
    for stands for itself alone.

    Raises:
        ConfigurationError: nothing was asked for, an address is none, or there is no privacy key, or another one.
    """
    persons = {(subject, plain_text(subject, text)) for subject, text in asked}
    if not persons or not all(text for _, text in persons):
        raise ConfigurationError("name whom to forget: --visitor KEY, --email ADDRESS, --user ID, or several of them")
    if any("@" not in text for subject, text in persons if subject == "email"):
        raise ConfigurationError(
            "--email: that is no e-mail address, and would be looked for as a word. Nothing was changed; name a "
            "visitor by --visitor KEY, a user by --user ID"
        )
    key = open_privacy_key(context.settings, context.secrets)
    _refuse_unknown_key(context.lake, key)
    found = beside_others(context.lake, context.run_id, lambda: search_wholly(context.lake, progress, persons))
    found.refused = refused_with(context.lake, [text for _, text in found.persons])
    target = open_warehouse(context.settings, context.secrets)
    found.rows = count(target, _as_forgotten(key, found.persons))
    return found


def _refuse_unknown_key(lake: Lake, key: PrivacyKey) -> None:
    """Let no request be recorded under a key that nobody has who loads: they could not go on without it."""
    read_forgotten(lake, key)
    head = staging_log(lake).head()
    if head and newest_key(lake, head) not in {one.fingerprint for one in key.ring}:
        refuse_another_key(lake, head, key)


def forget(context: Context, progress: Progress, traces: Traces) -> ForgetReport:
    """Record that a person is to be forgotten, and bring that to its end.

    Somebody of whom nothing is known is recorded as well: whoever asks does not want to enter later either.

    Raises:
        ReelhouseError: lake or warehouse failed. The request is recorded then, and the next command that loads goes on.
    """
    key = open_privacy_key(context.settings, context.secrets)
    number = record(context, key, traces)
    progress.event("forget.recorded", request=number)
    return ForgetReport(number, traces.is_known, complete(context, progress) or receipt_of(context.lake, number))


def record(context: Context, key: PrivacyKey, traces: Traces) -> int:
    """Commit a request; return its number."""
    log = forgotten_log(context.lake)
    while True:
        head = log.head()
        manifest = ForgetManifest(
            sequence=head.sequence + 1 if head else 1,
            run_id=context.run_id,
            committed_at=format_instant(context.clock.now()),
            hashes=merged({subject: (hash_of(key, subject, text),)} for subject, text in traces.persons),
            privacy_key=key.fingerprint,
            places={stream: tuple(places) for stream, places in traces.places.items()},
            refused=traces.refused,
        )
        if log.commit(manifest):
            return manifest.sequence


def _as_forgotten(key: PrivacyKey, persons: Iterable[Person]) -> Forgotten:
    hashes = merged({subject: (hash_of(key, subject, text),)} for subject, text in persons)
    return Forgotten(0, {subject: frozenset(found) for subject, found in hashes.items()}, (key,))


def search_wholly(lake: Lake, progress: Progress, persons: set[Person]) -> Traces:
    """Look through raw until nobody is found any more: an address leads to visitors and users, who are looked for."""
    while (found := search(lake, progress, persons)).persons != persons:
        persons = found.persons
    return found


def search(lake: Lake, progress: Progress, persons: set[Person]) -> Traces:
    """Look once through raw for persons, and for what else those with an address are known by."""
    traces = Traces(set(persons))
    # Small letters of ASCII alone, as those of what landed and is compared with them.
    needles = [text.encode().lower() for _, text in persons]
    contracts = list(personal_contracts())
    for number, contract in enumerate(contracts):
        progress.advance("looking for them", number, "streams", len(contracts))
        for manifest in raw_log(lake, contract.stream).after(0):
            for part, entry in enumerate(manifest.objects):
                _search_object(lake, contract, RawObject(manifest.sequence, part, entry), needles, persons, traces)
    progress.advance("looking for them", len(contracts), "streams", len(contracts))
    return traces


def _search_object(
    lake: Lake, contract: Contract, raw: RawObject, needles: list[bytes], persons: set[Person], traces: Traces
) -> None:
    found, whole = 0, whole_texts(needles)
    for number, line in enumerate(read_lines(raw, BytesIO(checked(lake, raw))), start=1):
        parsed = _parsed_if_theirs(line, needles)
        record = parsed.get("record") if parsed else None
        if parsed is None or FORGOTTEN in parsed:
            continue
        known = {(subject, plain_text(subject, text)) for subject, text in subjects_of(contract, record)}
        if known & persons:
            if any(subject == "email" for subject, _ in known & persons):
                traces.persons |= {(subject, text) for subject, text in known if subject != "email"}
        elif not tells_whom(contract, record) and whole.search(_untold(parsed, line)):
            traces.places.setdefault(contract.stream, []).append((raw.sequence, raw.part, number))
        else:
            continue
        found += 1
        _note_source(parsed, traces)
    if found:
        traces.records[contract.stream] += found
        traces.objects[contract.stream] += 1


def _parsed_if_theirs(line: bytes, needles: list[bytes]) -> dict[str, Any] | None:
    """Return a line that may be theirs, empty where it is no object; escapes hide what a line holds."""
    lowered = line.lower()
    if not (b"\\" in lowered or b'"bytes":' in lowered or any(needle in lowered for needle in needles)):
        return None
    return parse_line(line) or {}


def _untold(parsed: dict[str, Any], line: bytes) -> bytes:
    """Return what a line holds that does not tell whom it is about: its record or its bytes, without their envelope."""
    if isinstance(parsed.get("bytes"), str):
        with suppress(binascii.Error, ValueError):
            return base64.b64decode(parsed["bytes"]).lower()
    if "record" in parsed:
        return json.dumps(parsed["record"], ensure_ascii=False).encode("utf-8", "replace").lower()
    return line.lower()


def _note_source(parsed: dict[str, Any], traces: Traces) -> None:
    meta = parsed.get("_meta")
    if isinstance(meta, dict) and isinstance(meta.get("key"), str):
        traces.sources.add(meta["key"])


def preview_rows(traces: Traces) -> Iterator[tuple[str, int, int]]:
    """Yield what holds them: where, how many objects, how many records or rows."""
    for stream, records in sorted(traces.records.items()):
        yield f"raw/{stream}, and what was made of it", traces.objects[stream], records
    if traces.sources:
        yield "landing files", len(traces.sources), 0
    if traces.refused:
        yield "landing files that were refused", len(traces.refused), 0
    for table, rows in traces.rows.items():
        yield table, 0, rows
