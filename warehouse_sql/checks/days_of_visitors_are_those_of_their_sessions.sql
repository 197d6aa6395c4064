-- check:    a visitor's day at a media is what its sessions are
-- on:       core.visitor_media_day
-- severity: fail
--
-- Made a second time, from the sessions themselves: a row that is missing, there twice or holds another figure shows.
-- Figures are compared to a millionth, because sums of doubles depend on the order of rows.
select
    visitor_key,
    media_id,
    activity_date_key,
    sum(session_count) as session_count,
    sum(watch_seconds) as watch_seconds,
    sum(greatest_percent_viewed) as greatest_percent_viewed,
    sum(average_percent_viewed) as average_percent_viewed
from (
    select
        visitor_key,
        media_id,
        activity_date_key,
        session_count,
        nvl(watch_seconds, 0) as watch_seconds,
        nvl(greatest_percent_viewed, 0) as greatest_percent_viewed,
        nvl(average_percent_viewed, 0) as average_percent_viewed
    from core.visitor_media_day
    where activity_date_key between :within_from and :within_to
    union all
    select
        visitor_key,
        media_id,
        received_date_key,
        -count(*),
        -nvl(sum(watch_seconds), 0),
        -nvl(max(percent_viewed), 0),
        -nvl(cast(sum(percent_viewed) as double precision) / nullif(count(percent_viewed), 0), 0)
    from core.fct_viewing_session
    where received_date_key between :within_from and :within_to
    group by visitor_key, media_id, received_date_key
) as compared
group by visitor_key, media_id, activity_date_key
having
    sum(session_count) <> 0
    or abs(sum(watch_seconds)) > 0.000001
    or abs(sum(greatest_percent_viewed)) > 0.000001
    or abs(sum(average_percent_viewed)) > 0.000001
