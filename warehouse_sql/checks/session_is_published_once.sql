-- check:    a session is published once
-- on:       core.fct_viewing_session
-- severity: fail
--
-- A load finds the rows that it replaces within its days; a session that moved to another day would be there twice. So
-- this one looks at the days around, for the sessions that the load takes for new. A source that moves sessions by more
-- than a month is found by `warehouse check`, which looks at all days.
select
    session_id,
    count(*) as row_count
from core.fct_viewing_session
where
    received_date_key between :near_from and :near_to
    and session_id in (
        select delta_fct_viewing_session.session_id from delta_fct_viewing_session
        where delta_fct_viewing_session._action = 'insert'
    )
group by session_id
having count(*) > 1
