-- grain:   one row per media and UTC day with a session, a daily count, analytics or a snapshot
-- key:     media_id, activity_date_key
-- within:  activity_date_key
-- reads:   core.fct_viewing_session, core.fct_media_day, core.fct_media_analytics_day, core.fct_media_snapshot
-- load:    partitions of core.fct_viewing_session.received_date_key, core.fct_media_day.activity_date_key, core.fct_media_analytics_day.activity_date_key, core.fct_media_snapshot.snapshot_date_key
-- refs:    activity_date_key core.dim_date
-- version: 1
-- columns:
--   media_id                The hashed id of the media.
--   activity_date_key       The UTC day.
--   load_count              Player loads of that day as the vendor counts them; null where the day was not read.
--   play_count              Plays of that day as the vendor counts them; null where the day was not read.
--   hours_watched           Hours watched on that day as the vendor counts them; null where it told none.
--   unique_visitor_count    Distinct visitors who loaded the media on that day; null where no analytics tell.
--   unique_play_count       Distinct plays of that day; null where no analytics tell.
--   engagement              Average share of the media watched on that day, 0 to 1; null where no analytics tell.
--   session_count           Viewing sessions received on that day.
--   visitor_count           Distinct visitors of these sessions; sessions without a visitor are not counted.
--   average_percent_viewed  Mean share of the media that these sessions viewed, 0 to 1.
--   measured_session_count  Sessions whose percent viewed is known; null without sessions.
--   percent_viewed_total    The sum of their percent viewed, from which means over medias are made.
--   watch_hours             Hours that these sessions watched.
--   lifetime_load_count     Player loads since the media was made, as snapshotted on that day.
--   lifetime_play_count     Plays since the media was made, as snapshotted on that day.
--   lifetime_visitor_count  Distinct visitors ever, as snapshotted on that day.
--   lifetime_play_rate      Distinct players divided by visitors, as snapshotted on that day.
--   lifetime_hours_watched  Hours watched since the media was made, as snapshotted on that day.
--   lifetime_engagement     Average share watched since the media was made, as snapshotted on that day.
--
-- Stored by day: a load makes the days anew whose sessions, counts, analytics or snapshots it changed. What describes the media is
-- added by media_daily_performance, so that a new title does not leave old ones behind. Columns named lifetime are totals
-- since the beginning: never sum them over days. Days outside the calendar are one row together, sums of them all. Sorted
-- by day, distributed by media.
with touched as (
    select activity_date_key from touched_media_daily_total
),

viewing_session as (
    select * from core.fct_viewing_session
    where
        received_date_key between :within_from and :within_to
        and received_date_key in (select touched.activity_date_key from touched)
),

counted as (
    select * from core.fct_media_day
    where
        activity_date_key between :within_from and :within_to
        and activity_date_key in (select touched.activity_date_key from touched)
),

analytics as (
    select * from core.fct_media_analytics_day
    where
        activity_date_key between :within_from and :within_to
        and activity_date_key in (select touched.activity_date_key from touched)
),

media_snapshot as (
    select * from core.fct_media_snapshot
    where
        snapshot_date_key between :within_from and :within_to
        and snapshot_date_key in (select touched.activity_date_key from touched)
),

session_day as (
    select
        viewing_session.media_id,
        viewing_session.received_date_key as activity_date_key,
        count(*) as session_count,
        count(distinct case when viewing_session.visitor_key > 0 then viewing_session.visitor_key end) as visitor_count,
        count(viewing_session.percent_viewed) as measured_session_count,
        {{ exact_sum('viewing_session.percent_viewed') }} as percent_viewed_total,
        {{ exact_sum('viewing_session.watch_seconds') }} / 3600 as watch_hours
    from viewing_session
    group by viewing_session.media_id, viewing_session.received_date_key
),

counted_day as (
    select
        counted.media_id,
        counted.activity_date_key,
        sum(counted.load_count) as load_count,
        sum(counted.play_count) as play_count,
        {{ exact_sum('counted.hours_watched') }} as hours_watched
    from counted
    group by counted.media_id, counted.activity_date_key
),

-- Distinct visitors and shares cannot be added: of several days outside the calendar nothing is told.
analytics_day as (
    select
        analytics.media_id,
        analytics.activity_date_key,
        case when count(*) = 1 then max(analytics.unique_visitor_count) end as unique_visitor_count,
        case when count(*) = 1 then max(analytics.unique_play_count) end as unique_play_count,
        case when count(*) = 1 then max(analytics.engagement) end as engagement
    from analytics
    group by analytics.media_id, analytics.activity_date_key
),

media_day as (
    select session_day.media_id, session_day.activity_date_key from session_day
    union
    select counted_day.media_id, counted_day.activity_date_key from counted_day
    union
    select analytics_day.media_id, analytics_day.activity_date_key from analytics_day
    union
    select media_snapshot.media_id, media_snapshot.snapshot_date_key from media_snapshot
),

final as (
    select
        media_day.media_id,
        media_day.activity_date_key,
        counted_day.load_count,
        counted_day.play_count,
        counted_day.hours_watched,
        analytics_day.unique_visitor_count,
        analytics_day.unique_play_count,
        analytics_day.engagement,
        nvl(session_day.session_count, 0) as session_count,
        nvl(session_day.visitor_count, 0) as visitor_count,
        {{ share_of('session_day.percent_viewed_total', 'session_day.measured_session_count') }} as average_percent_viewed,
        session_day.measured_session_count,
        session_day.percent_viewed_total,
        session_day.watch_hours,
        media_snapshot.load_count as lifetime_load_count,
        media_snapshot.play_count as lifetime_play_count,
        media_snapshot.visitor_count as lifetime_visitor_count,
        media_snapshot.play_rate as lifetime_play_rate,
        media_snapshot.hours_watched as lifetime_hours_watched,
        media_snapshot.engagement as lifetime_engagement
    from media_day
    left join session_day
        on
            media_day.media_id = session_day.media_id
            and media_day.activity_date_key = session_day.activity_date_key
    left join counted_day
        on
            media_day.media_id = counted_day.media_id
            and media_day.activity_date_key = counted_day.activity_date_key
    left join analytics_day
        on
            media_day.media_id = analytics_day.media_id
            and media_day.activity_date_key = analytics_day.activity_date_key
    left join media_snapshot
        on
            media_day.media_id = media_snapshot.media_id
            and media_day.activity_date_key = media_snapshot.snapshot_date_key
)

select
    media_id,
    activity_date_key,
    load_count,
    play_count,
    hours_watched,
    unique_visitor_count,
    unique_play_count,
    engagement,
    session_count,
    visitor_count,
    average_percent_viewed,
    measured_session_count,
    percent_viewed_total,
    watch_hours,
    lifetime_load_count,
    lifetime_play_count,
    lifetime_visitor_count,
    lifetime_play_rate,
    lifetime_hours_watched,
    lifetime_engagement
from final
