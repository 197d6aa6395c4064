-- grain:   one row per media and UTC day with a session, a daily count, analytics or a snapshot
-- key:     media_id, activity_date
-- reads:   mart.media_daily_total, core.dim_media, core.dim_channel, core.dim_date
-- load:    view
-- version: 1
-- columns:
--   activity_date           The UTC day; null for sessions outside the calendar.
--   media_id                The hashed id of the media.
--   media_name              Its present title.
--   project_name            Its present project.
--   channel_name            Its channel.
--   load_count              Player loads of that day as the vendor counts them; null where the day was not read.
--   play_count              Plays of that day as the vendor counts them; null where the day was not read.
--   hours_watched           Hours watched on that day as the vendor counts them; null where it told none.
--   unique_visitor_count    Distinct visitors who loaded the media on that day, as the vendor's analytics tell; null without.
--   unique_play_count       Distinct plays of that day, as the vendor's analytics tell; null without.
--   engagement              Average share watched on that day, 0 to 1, as the vendor's analytics tell; null without.
--   session_count           Viewing sessions received on that day; a session is a page view with a play.
--   visitor_count           Distinct visitors of these sessions; never sum it over days or medias.
--   average_percent_viewed  Mean share of the media that these sessions viewed, 0 to 1.
--   measured_session_count  Sessions whose percent viewed is known; null without sessions.
--   percent_viewed_total    The sum of their percent viewed: means over days and medias are made of these two.
--   watch_hours             Hours that these sessions watched.
--   lifetime_load_count     Player loads since the media was made, as snapshotted on that day.
--   lifetime_play_count     Plays since the media was made, as snapshotted on that day.
--   lifetime_visitor_count  Distinct visitors ever, as snapshotted on that day.
--   lifetime_play_rate      Distinct players divided by visitors, as snapshotted on that day.
--   lifetime_hours_watched  Hours watched since the media was made, as snapshotted on that day.
--   lifetime_engagement     Average share watched since the media was made, as snapshotted on that day.
--
-- What happened on a day stands beside what had happened altogether by that day. The vendor counts days and lists sessions
-- apart, so plays and sessions of a day differ (media_reconciliation). Columns named lifetime are never summed over days,
-- and may fall.
with total as (
    select * from mart.media_daily_total
),

media as (
    select * from core.dim_media
    where is_current and media_key > 0
),

channel as (
    select * from core.dim_channel
),

calendar as (
    select * from core.dim_date
),

final as (
    select
        calendar.calendar_date as activity_date,
        total.media_id,
        media.media_name,
        media.project_name,
        channel.channel_name,
        total.load_count,
        total.play_count,
        total.hours_watched,
        total.unique_visitor_count,
        total.unique_play_count,
        total.engagement,
        total.session_count,
        total.visitor_count,
        total.average_percent_viewed,
        total.measured_session_count,
        total.percent_viewed_total,
        total.watch_hours,
        total.lifetime_load_count,
        total.lifetime_play_count,
        total.lifetime_visitor_count,
        total.lifetime_play_rate,
        total.lifetime_hours_watched,
        total.lifetime_engagement
    from total
    inner join media on total.media_id = media.media_id
    inner join channel on media.channel_key = channel.channel_key
    inner join calendar on total.activity_date_key = calendar.date_key
)

select
    activity_date,
    media_id,
    media_name,
    project_name,
    channel_name,
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
