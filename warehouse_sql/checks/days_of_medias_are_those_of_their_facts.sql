-- check:    a media's day is what its facts are
-- on:       mart.media_daily_total
-- severity: fail
--
-- Made a second time, from each fact by itself: a row that is missing, there twice or holds another figure shows.
-- Figures are compared to a millionth, because sums of doubles depend on the order of rows. Days outside the calendar
-- are one row together, in which lifetime totals and shares mean nothing.
select
    media_id,
    activity_date_key,
    sum(load_count) as load_count,
    sum(play_count) as play_count,
    sum(hours_watched) as hours_watched,
    sum(unique_visitor_count) as unique_visitor_count,
    sum(unique_play_count) as unique_play_count,
    sum(engagement) as engagement,
    sum(session_count) as session_count,
    sum(visitor_count) as visitor_count,
    sum(measured_session_count) as measured_session_count,
    sum(percent_viewed_total) as percent_viewed_total,
    sum(measured_share) as measured_share,
    sum(watch_hours) as watch_hours,
    sum(lifetime_load_count) as lifetime_load_count,
    sum(lifetime_play_count) as lifetime_play_count,
    sum(lifetime_visitor_count) as lifetime_visitor_count,
    sum(lifetime_play_rate) as lifetime_play_rate,
    sum(lifetime_hours_watched) as lifetime_hours_watched,
    sum(lifetime_engagement) as lifetime_engagement
from (
    select
        media_id,
        activity_date_key,
        nvl(load_count, 0) as load_count,
        nvl(play_count, 0) as play_count,
        nvl(hours_watched, 0) as hours_watched,
        nvl(unique_visitor_count, 0) as unique_visitor_count,
        nvl(unique_play_count, 0) as unique_play_count,
        nvl(engagement, 0) as engagement,
        session_count,
        visitor_count,
        nvl(measured_session_count, 0) as measured_session_count,
        nvl(percent_viewed_total, 0) as percent_viewed_total,
        nvl(average_percent_viewed * measured_session_count, 0) as measured_share,
        nvl(watch_hours, 0) as watch_hours,
        nvl(lifetime_load_count, 0) as lifetime_load_count,
        nvl(lifetime_play_count, 0) as lifetime_play_count,
        nvl(lifetime_visitor_count, 0) as lifetime_visitor_count,
        nvl(lifetime_play_rate, 0) as lifetime_play_rate,
        nvl(lifetime_hours_watched, 0) as lifetime_hours_watched,
        nvl(lifetime_engagement, 0) as lifetime_engagement
    from mart.media_daily_total
    where activity_date_key between :within_from and :within_to and activity_date_key > 0
    union all
    select
        media_id, received_date_key, 0, 0, 0, 0, 0, 0, -count(*), 0,
        -count(percent_viewed), -nvl(sum(percent_viewed), 0), -nvl(sum(percent_viewed), 0),
        -cast(nvl(sum(watch_seconds), 0) as double precision) / 3600, 0, 0, 0, 0, 0, 0
    from core.fct_viewing_session
    where received_date_key between :within_from and :within_to and received_date_key > 0
    group by media_id, received_date_key
    union all
    select
        media_id, activity_date_key, 0, 0, 0, 0, 0, 0, 0, -count(*), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from core.visitor_media_day
    where activity_date_key between :within_from and :within_to and activity_date_key > 0 and visitor_key > 0
    group by media_id, activity_date_key
    union all
    select
        media_id, activity_date_key, -nvl(load_count, 0), -nvl(play_count, 0), -nvl(hours_watched, 0),
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from core.fct_media_day
    where activity_date_key between :within_from and :within_to and activity_date_key > 0
    union all
    select
        media_id, activity_date_key, 0, 0, 0,
        -nvl(unique_visitor_count, 0), -nvl(unique_play_count, 0), -nvl(engagement, 0),
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from core.fct_media_analytics_day
    where activity_date_key between :within_from and :within_to and activity_date_key > 0
    union all
    select
        media_id, snapshot_date_key, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        -nvl(load_count, 0), -nvl(play_count, 0), -nvl(visitor_count, 0), -nvl(play_rate, 0),
        -nvl(hours_watched, 0), -nvl(engagement, 0)
    from core.fct_media_snapshot
    where snapshot_date_key between :within_from and :within_to and snapshot_date_key > 0
) as compared
group by media_id, activity_date_key
having
    sum(load_count) <> 0
    or sum(play_count) <> 0
    or abs(sum(hours_watched)) > 0.000001
    or sum(unique_visitor_count) <> 0
    or sum(unique_play_count) <> 0
    or abs(sum(engagement)) > 0.000001
    or sum(session_count) <> 0
    or sum(visitor_count) <> 0
    or sum(measured_session_count) <> 0
    or abs(sum(percent_viewed_total)) > 0.000001
    or abs(sum(measured_share)) > 0.000001
    or abs(sum(watch_hours)) > 0.000001
    or sum(lifetime_load_count) <> 0
    or sum(lifetime_play_count) <> 0
    or sum(lifetime_visitor_count) <> 0
    or abs(sum(lifetime_play_rate)) > 0.000001
    or abs(sum(lifetime_hours_watched)) > 0.000001
    or abs(sum(lifetime_engagement)) > 0.000001
