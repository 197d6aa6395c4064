-- check:    a curve has each bucket from 0 to its length
-- on:       core.fct_media_engagement
-- severity: fail
--
-- Each once follows from the key. A curve with a gap would show a fall that no viewer made.
select
    media_id,
    snapshot_date,
    count(*) as row_count,
    min(bucket) as first_bucket,
    max(bucket) as last_bucket,
    min(bucket_count) as least_bucket_count,
    max(bucket_count) as greatest_bucket_count
from core.fct_media_engagement
where snapshot_date_key between :within_from and :within_to
group by media_id, snapshot_date
having
    max(_load_sequence) >= :load_sequence
    and (
        min(bucket) <> 0
        or max(bucket) <> count(*) - 1
        or min(bucket_count) <> count(*)
        or max(bucket_count) <> count(*)
    )
