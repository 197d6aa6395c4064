-- check:    the media of new sessions are known by more than their id
-- on:       core.fct_viewing_session
-- severity: warn
--
-- A media that the list of medias never shows was deleted, or the token may not see it.
select
    fct_viewing_session.media_id,
    count(*) as session_count
from core.fct_viewing_session
inner join core.dim_media on fct_viewing_session.media_key = dim_media.media_key
where
    fct_viewing_session._load_sequence >= :load_sequence
    and fct_viewing_session.received_date_key between :within_from and :within_to
    and dim_media.is_inferred
group by fct_viewing_session.media_id
