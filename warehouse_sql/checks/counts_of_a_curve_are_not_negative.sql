-- check:    counts of a curve are not negative
-- on:       core.fct_media_engagement
-- severity: fail
--
-- The contract refuses other values, so one that gets here was spoiled on the way.
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
    and (view_count < 0 or rewatch_count < 0)
