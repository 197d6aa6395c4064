-- check:    a session is published once
-- on:       core.fct_viewing_session
-- severity: fail
--
-- A load finds the rows that it replaces within its days; a session that moved to another day would be there twice. So
-- this one looks at all days, for the sessions that the load takes for new.
select
    session_id,
    count(*) as row_count
from core.fct_viewing_session
where
    session_id in (
        select delta_fct_viewing_session.session_id from delta_fct_viewing_session
        where delta_fct_viewing_session._action = 'insert'
    )
group by session_id
having count(*) > 1
