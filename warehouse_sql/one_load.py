"""What one staging sequence does to the tables, inside a transaction that somebody else opens, locks and ends."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from extract.clock import parse_instant
from extract.errors import DataRefused, ReelhouseError
from extract.lake import Lake
from extract.progress import Progress
from extract.settings import Settings, StreamPulse
from spark.contracts import Contract, load_contracts
from spark.jobs.inspect import breaches
from spark.manifest import EntityEntry, StagingManifest, with_sums
from warehouse_sql.apply import Application
from warehouse_sql.checks import Result
from warehouse_sql.connection import Connection
from warehouse_sql.ledger import Counts
from warehouse_sql.staging import CopyRefused, copy_entity, prove_copied, verify_bytes

VISITORS = "wistia/visitors"
_FORGET_SWEEP = "delete from staging.visitor_sweep where began_at < :began_at"
_SET_SWEEP = """
insert into staging.visitor_sweep (began_at)
select cast(:began_at as timestamp)
where not exists (select 1 from staging.visitor_sweep)
"""
_SET_ZONE = "insert into staging.reporting_setting (time_zone) values (:time_zone)"
_SET_CHANNEL = "insert into staging.media_channel_setting (media_id, channel_name) values (:media_id, :channel_name)"


@dataclass(frozen=True, slots=True)
class Applied:
    """What a sequence did: rows copied by entity, what was done to each table, and what its checks found."""

    copied: Mapping[str, int]
    tables: dict[str, Counts]
    checks: tuple[Result, ...]


def verify(lake: Lake, manifest: StagingManifest) -> None:
    """Make sure that a sequence can be loaded: its entities are known, and its bytes are those vouched for.

    Raises:
        DataRefused: they are not.
    """
    unknown = set(manifest.entities) - set(load_contracts())
    if unknown:
        raise DataRefused(
            f"staging sequence {manifest.sequence} holds {', '.join(sorted(unknown))}, unknown to this release; use "
            "the release that wrote it, or a later one"
        )
    for entry in manifest.entities.values():
        verify_bytes(lake, entry)


def apply_load(
    connection: Connection, lake: Lake, settings: Settings, manifest: StagingManifest, progress: Progress
) -> Applied:
    """Bring a sequence to the tables, in the open transaction.

    Raises:
        DataRefused: counts do not balance, files do not fit, or a check failed.
    """
    for entity, contract in load_contracts().items():
        _copy(connection, lake, settings, contract, manifest.entities.get(entity))
    entries = {entity: with_sums(lake, entry) for entity, entry in manifest.entities.items()}
    prove_copied(connection, lake, entries)
    copied = dict.fromkeys(load_contracts(), 0) | {
        entity: entry.counts.rows for entity, entry in manifest.entities.items()
    }
    _set_channels(connection, settings.wistia.channels if settings.wistia else {})
    _set_sweep(connection, manifest.sweeps.get(VISITORS))
    _set_reporting_zone(connection, (settings.streampulse or StreamPulse()).reporting_time_zone)
    application = Application(connection, manifest.sequence, entries, copied, progress)
    return Applied(copied, application.run(), tuple(application.checks))


def _copy(
    connection: Connection, lake: Lake, settings: Settings, contract: Contract, entry: EntityEntry | None
) -> None:
    """Copy an entity; where COPY refuses, say what it does not say: which rows of its files break the contract."""
    try:
        copy_entity(connection, lake, contract, entry)
    except CopyRefused as refused:
        connection.rollback()  # nobody need wait while files are read
        found: tuple[str, ...] = ()
        with suppress(ReelhouseError):  # what COPY said is told anyhow
            found = breaches(settings, lake, contract, entry.files if entry else ())
        if found:
            raise DataRefused(f"{refused}. Read again, {'; '.join(found)}. Nothing was loaded") from None
        kind = DataRefused if refused.is_of_data else ReelhouseError
        raise kind(f"{refused}. No row of its files was found to break the contract. Nothing was loaded") from None


def _set_channels(connection: Connection, channels: Mapping[str, str]) -> None:
    connection.execute("delete from staging.media_channel_setting")
    for media_id, channel_name in sorted(channels.items()):
        connection.execute(_SET_CHANNEL, {"media_id": media_id, "channel_name": channel_name})


def _set_sweep(connection: Connection, began_at: str | None) -> None:
    """Say when the newest full sweep of the list of visitors that is loaded had begun (ISO 8601, UTC).

    It stays until a newer one: a record of before that comes late is of a visitor whom that sweep did not see either.
    """
    if began_at:
        began = {"began_at": parse_instant(began_at).replace(tzinfo=None)}
        connection.execute(_FORGET_SWEEP, began)
        connection.execute(_SET_SWEEP, began)


def _set_reporting_zone(connection: Connection, time_zone: str) -> None:
    connection.execute("delete from staging.reporting_setting")
    connection.execute(_SET_ZONE, {"time_zone": time_zone})
