-- check:    a playback stands in fct_playback under the day that fct_playback_key names
-- on:       core.fct_playback_key
-- severity: fail
--
-- The days are asked of the table of keys, so that the fact is read in those alone.
with filed as (
    select playback_id, start_date_key from core.fct_playback_key
    where _load_sequence >= :load_sequence
)

select
    filed.playback_id,
    filed.start_date_key
from filed
left join core.fct_playback
    on
        filed.playback_id = fct_playback.playback_id
        and filed.start_date_key = fct_playback.start_date_key
        and fct_playback.start_date_key >= (select min(earliest.start_date_key) from filed as earliest)
        and fct_playback.start_date_key <= (select max(latest.start_date_key) from filed as latest)
where fct_playback.playback_id is null
