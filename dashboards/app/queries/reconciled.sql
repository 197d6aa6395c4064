-- grain:   one row per status, of the media days of the last thirty days that are over
-- columns:
--   session_status  Sessions of a media and day against the plays that the vendor counted: equal, expected, short, over or unknown.
--   media_days      Media days with this status.
--   missing_count   Sum over them. {mart.media_reconciliation.missing_session_count}
select
    session_status,
    count(*) as media_days,
    sum(missing_session_count) as missing_count
from mart.media_reconciliation
where activity_date between :first_day and :last_day
group by session_status
order by session_status
