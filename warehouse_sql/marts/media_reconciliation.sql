-- grain:   one row per media and UTC day with a session, a daily count, analytics or a snapshot
-- key:     media_id, activity_date
-- reads:   mart.media_daily_total, core.dim_media, core.dim_channel, core.dim_date
-- load:    view
-- version: 1
-- columns:
--   activity_date          The UTC day.
--   media_id               The hashed id of the media.
--   media_name             Its present title.
--   project_name           Its present project.
--   channel_name           Its channel.
--   play_count             Plays of that day; null where the day was not read.
--   session_count          Viewing sessions received on that day; null before the two years that the source keeps, see below.
--   missing_session_count  play_count minus session_count; null where either is.
--   missing_session_share  missing_session_count divided by play_count; null without plays.
--   session_status         Sessions against plays: equal, expected, short, over or unknown.
--   lifetime_play_count    Plays since the media was made, as snapshotted on that day; null without a snapshot.
--   by_date_play_total     Plays of all days read up to and with this one; null where none was read.
--   missing_play_count     lifetime_play_count minus by_date_play_total; null where either is.
--   missing_play_share     missing_play_count divided by lifetime_play_count; null where that is 0.
--   play_status            Plays by day against the lifetime count.
--   lifetime_load_count    Player loads since the media was made, as snapshotted on that day; null without a snapshot.
--   by_date_load_total     Player loads of all days read up to and with this one; null where none was read.
--   missing_load_count     lifetime_load_count minus by_date_load_total; null where either is.
--   missing_load_share     missing_load_count divided by lifetime_load_count; null where that is 0.
--   load_status            Player loads by day against the lifetime count.
--
-- Three tellings of the same thing by the vendor, which never agree wholly: its list of sessions is 1 to 4 percent short of
-- its plays, and its days 2 percent of its lifetime counters. equal: the same. expected: short by at most 4 percent, or by
-- one; or days in sum over the lifetime count by no more than the day itself, which went on after the snapshot. short
-- and over: more than that. unknown: one of the two is not there. Sessions are kept two years by the source: those 730
-- days count back from the newest day that was read of any media, never from the clock. Where no day was ever read, there is
-- nothing to hold sessions against. Sessions outside the calendar are left out.
with total as (
    select * from mart.media_daily_total
    where activity_date_key > 0
),

media as (
    select * from core.dim_media
    where is_current and media_key > 0
),

channel as (
    select * from core.dim_channel
),

calendar as (
    select date_key, calendar_date from core.dim_date
),

dated as (
    select
        total.*,
        calendar.calendar_date as activity_date
    from total
    inner join calendar on total.activity_date_key = calendar.date_key
),

event_window as (
    select cast(dateadd(day, -730, max(dated.activity_date)) as date) as first_date
    from dated
    where dated.load_count is not null
),

summed as (
    select
        dated.*,
        case when dated.activity_date >= event_window.first_date then dated.session_count end as known_session_count,
        sum(dated.play_count) over (
            partition by dated.media_id order by dated.activity_date
            rows between unbounded preceding and current row
        ) as by_date_play_total,
        sum(dated.load_count) over (
            partition by dated.media_id order by dated.activity_date
            rows between unbounded preceding and current row
        ) as by_date_load_total
    from dated
    cross join event_window
),

final as (
    select
        summed.activity_date,
        summed.media_id,
        media.media_name,
        media.project_name,
        channel.channel_name,
        summed.play_count,
        summed.known_session_count as session_count,
        summed.play_count - summed.known_session_count as missing_session_count,
        {{ share_of('(summed.play_count - summed.known_session_count)', 'summed.play_count') }} as missing_session_share,
        {{ reconciliation_status('summed.known_session_count', 'summed.play_count') }} as session_status,
        summed.lifetime_play_count,
        summed.by_date_play_total,
        summed.lifetime_play_count - summed.by_date_play_total as missing_play_count,
        {{ share_of('(summed.lifetime_play_count - summed.by_date_play_total)', 'summed.lifetime_play_count') }}
            as missing_play_share,
        {{ reconciliation_status('summed.by_date_play_total', 'summed.lifetime_play_count', 'nvl(summed.play_count, 0)') }}
            as play_status,
        summed.lifetime_load_count,
        summed.by_date_load_total,
        summed.lifetime_load_count - summed.by_date_load_total as missing_load_count,
        {{ share_of('(summed.lifetime_load_count - summed.by_date_load_total)', 'summed.lifetime_load_count') }}
            as missing_load_share,
        {{ reconciliation_status('summed.by_date_load_total', 'summed.lifetime_load_count', 'nvl(summed.load_count, 0)') }}
            as load_status
    from summed
    inner join media on summed.media_id = media.media_id
    inner join channel on media.channel_key = channel.channel_key
)

select
    activity_date,
    media_id,
    media_name,
    project_name,
    channel_name,
    play_count,
    session_count,
    missing_session_count,
    missing_session_share,
    session_status,
    lifetime_play_count,
    by_date_play_total,
    missing_play_count,
    missing_play_share,
    play_status,
    lifetime_load_count,
    by_date_load_total,
    missing_load_count,
    missing_load_share,
    load_status
from final
