-- check:    analytics of a day are not negative
-- on:       core.fct_media_analytics_day
-- severity: fail
--
-- A restated day may have less than before, never less than nothing.
select
    media_id,
    activity_date,
    unique_load_count,
    unique_play_count,
    play_count,
    played_seconds,
    unique_visitor_count,
    engagement
from core.fct_media_analytics_day
where
    _load_sequence >= :load_sequence
    and activity_date_key between :within_from and :within_to
    and (
        unique_load_count < 0
        or unique_play_count < 0
        or play_count < 0
        or played_seconds < 0
        or unique_visitor_count < 0
        or engagement < 0
    )
