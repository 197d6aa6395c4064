-- check:    a place is not rewatched more often than it is viewed
-- on:       core.fct_media_engagement
-- severity: warn
--
-- Rewatches are counted among the views in every curve seen so far; the vendor does not promise it.
select
    media_id,
    snapshot_date,
    bucket,
    view_count,
    rewatch_count
from core.fct_media_engagement
where
    _load_sequence >= :load_sequence
    and snapshot_date_key between :within_from and :within_to
    and rewatch_count > view_count
