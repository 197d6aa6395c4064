-- check:    a media is not played more often than it is loaded
-- on:       core.fct_media_snapshot
-- severity: warn
--
-- A play needs a loaded player, but the vendor's counters are not read at one instant.
select
    media_id,
    snapshot_date,
    load_count,
    play_count
from core.fct_media_snapshot
where
    _load_sequence >= :load_sequence
    and snapshot_date_key between :within_from and :within_to
    and play_count > load_count
