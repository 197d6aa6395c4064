-- check:    a playback lasts from nothing to a day
-- on:       core.fct_playback
-- severity: fail
select
    playback_id,
    started_at,
    ended_at,
    duration_min
from core.fct_playback
where
    _load_sequence >= :load_sequence
    and start_date_key between :within_from and :within_to
    and (duration_min < 0 or duration_min > 1440 or (duration_min is null) <> (ended_at is null))
