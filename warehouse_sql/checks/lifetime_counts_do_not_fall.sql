-- check:    lifetime counts do not fall from one day to the next
-- on:       core.fct_media_snapshot
-- severity: warn
--
-- Hours, engagement and play rate do, because sessions are revised after the fact. Loads, plays and visitors were only
-- ever seen to rise: where one falls the vendor took something back, and who reads differences should know.
select
    told.media_id,
    told.snapshot_date,
    told.load_count,
    before.load_count as load_count_before,
    told.play_count,
    before.play_count as play_count_before,
    told.visitor_count,
    before.visitor_count as visitor_count_before
from core.fct_media_snapshot as told
inner join core.fct_media_snapshot as before
    on
        told.media_id = before.media_id
        and before.snapshot_date = dateadd(day, -1, told.snapshot_date)
        and before.snapshot_date_key between :near_from and :near_to
where
    told._load_sequence >= :load_sequence
    and told.snapshot_date_key between :within_from and :within_to
    and (
        told.load_count < before.load_count
        or told.play_count < before.play_count
        or told.visitor_count < before.visitor_count
    )
