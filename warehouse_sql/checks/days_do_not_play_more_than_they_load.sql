-- check:    a media is not played more often than it is loaded, over the days that were read
-- on:       core.fct_media_day
-- severity: warn
--
-- A play needs a loaded player, but one that was loaded before midnight may play after it, and the vendor documents no
-- relation: so the days are taken together, and it only warns.
select
    media_id,
    sum(load_count) as load_count,
    sum(play_count) as play_count
from core.fct_media_day
where activity_date_key between :within_from and :within_to
group by media_id
having sum(play_count) > sum(load_count) and max(_load_sequence) >= :load_sequence
