-- check:    counters of a day are not negative
-- on:       core.fct_media_day
-- severity: fail
--
-- A restated day may have less than before, never less than nothing.
select
    media_id,
    activity_date,
    load_count,
    play_count,
    hours_watched
from core.fct_media_day
where
    _load_sequence >= :load_sequence
    and activity_date_key between :within_from and :within_to
    and (load_count < 0 or play_count < 0 or hours_watched < 0)
