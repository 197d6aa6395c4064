-- check:    percent_viewed lies between 0 and 1
-- on:       core.fct_viewing_session
-- severity: fail
--
-- The contract refuses other values, so one that gets here was spoiled on the way.
select
    session_id,
    percent_viewed
from core.fct_viewing_session
where
    _load_sequence >= :load_sequence
    and received_date_key between :within_from and :within_to
    and (percent_viewed < 0 or percent_viewed > 1)
