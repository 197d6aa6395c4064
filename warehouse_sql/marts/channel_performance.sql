-- grain:   one row per channel and UTC day on which one of its medias was counted or had a session
-- key:     activity_date, channel_name
-- reads:   mart.media_daily_total, core.visitor_media_day, core.dim_media, core.dim_channel, core.dim_date
-- load:    view
-- version: 1
-- columns:
--   activity_date           The UTC day; null for sessions outside the calendar.
--   channel_name            Facebook, YouTube, what the configuration calls it, or Unknown.
--   media_count             Medias of the channel with a load, a play or a session on that day.
--   load_count              Player loads of that day; null where none of the medias was read.
--   play_count              Plays of that day; null where none of the medias was read.
--   hours_watched           Hours watched on that day as the vendor counts them; null where it told none.
--   session_count           Viewing sessions received on that day.
--   visitor_count           Distinct visitors of these sessions in the channel; never sum it over days or channels.
--   average_percent_viewed  Mean share of the media that these sessions viewed, 0 to 1; null where none is known.
--   watch_hours             Hours that these sessions watched; null where none is known.
--
-- Every session and every counted day is in exactly one row, those of medias without a channel in Unknown: sums over all
-- rows are the sums of the facts. Channels are those of today, for all days. Made from the stored days of the medias,
-- never from the sessions themselves, so that it costs the same however many sessions a day has.
with total as (
    select * from mart.media_daily_total
    where session_count > 0 or load_count is not null
),

visitor_media_day as (
    select * from core.visitor_media_day
    where visitor_key > 0
),

media as (
    select media_id, channel_key from core.dim_media
    where is_current and media_key > 0
),

channel as (
    select * from core.dim_channel
),

calendar as (
    select * from core.dim_date
),

channel_day as (
    select
        nvl(media.channel_key, -1) as channel_key,
        total.activity_date_key,
        sum(case when total.session_count > 0 or total.load_count > 0 or total.play_count > 0 then 1 else 0 end)
            as media_count,
        sum(total.load_count) as load_count,
        sum(total.play_count) as play_count,
        {{ exact_sum('total.hours_watched') }} as hours_watched,
        sum(total.session_count) as session_count,
        {{ exact_sum('total.percent_viewed_total') }}
        / nullif(sum(total.measured_session_count), 0) as average_percent_viewed,
        {{ exact_sum('total.watch_hours') }} as watch_hours
    from total
    left join media on total.media_id = media.media_id
    group by nvl(media.channel_key, -1), total.activity_date_key
),

visitor_day as (
    select
        nvl(media.channel_key, -1) as channel_key,
        visitor_media_day.activity_date_key,
        count(distinct visitor_media_day.visitor_key) as visitor_count
    from visitor_media_day
    left join media on visitor_media_day.media_id = media.media_id
    group by nvl(media.channel_key, -1), visitor_media_day.activity_date_key
),

final as (
    select
        calendar.calendar_date as activity_date,
        channel.channel_name,
        channel_day.media_count,
        channel_day.load_count,
        channel_day.play_count,
        channel_day.hours_watched,
        channel_day.session_count,
        nvl(visitor_day.visitor_count, 0) as visitor_count,
        channel_day.average_percent_viewed,
        channel_day.watch_hours
    from channel_day
    left join visitor_day
        on
            channel_day.channel_key = visitor_day.channel_key
            and channel_day.activity_date_key = visitor_day.activity_date_key
    inner join channel on channel_day.channel_key = channel.channel_key
    inner join calendar on channel_day.activity_date_key = calendar.date_key
)

select
    activity_date,
    channel_name,
    media_count,
    load_count,
    play_count,
    hours_watched,
    session_count,
    visitor_count,
    average_percent_viewed,
    watch_hours
from final
