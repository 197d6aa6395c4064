-- grain:   one row per visitor, media and UTC day with a session
-- key:     visitor_id, media_id, activity_date
-- reads:   core.visitor_media_day, core.dim_visitor, core.dim_media, core.dim_channel, core.dim_device, core.dim_geo, core.dim_date
-- load:    view
-- version: 1
-- columns:
--   activity_date    The UTC day; null for sessions outside the calendar.
--   media_id         The hashed id of the media.
--   media_name       Its present title.
--   channel_name     Its channel.
--   visitor_id       The opaque key that the vendor gives a visitor; null for all sessions of the media and day that have none.
--   browser          Browser family of the visitor's last session of that day.
--   platform         Operating system of the visitor's last session of that day.
--   device_type      Mobile, Not mobile or Unknown, of the visitor's last session of that day.
--   country          Country code of the visitor's last session of that day.
--   region           Region of the visitor's last session of that day.
--   session_count    Viewing sessions received on that day.
--   watch_hours      Hours that these sessions watched; null where none is known.
--
-- The grain below which nobody need go to count people: distinct visitors of whatever days, medias, devices and places are
-- count(distinct visitor_id), which skips sessions without a visitor; sums over all rows are sums over all sessions.
-- Sessions stand under the device and place of the last one of the visitor, media and day. Nothing here says who a
-- visitor is.
with visitor_media_day as (
    select * from core.visitor_media_day
),

visitor as (
    select visitor_key, visitor_id from core.dim_visitor
    where visitor_key > 0
),

media as (
    select media_id, media_name, channel_key from core.dim_media
    where is_current and media_key > 0
),

channel as (
    select * from core.dim_channel
),

device as (
    select * from core.dim_device
),

geo as (
    select * from core.dim_geo
),

calendar as (
    select * from core.dim_date
),

final as (
    select
        calendar.calendar_date as activity_date,
        visitor_media_day.media_id,
        media.media_name,
        channel.channel_name,
        visitor.visitor_id,
        device.browser,
        device.platform,
        device.device_type,
        geo.country,
        geo.region,
        visitor_media_day.session_count,
        cast(visitor_media_day.watch_seconds as double precision) / 3600 as watch_hours
    from visitor_media_day
    inner join media on visitor_media_day.media_id = media.media_id
    inner join channel on media.channel_key = channel.channel_key
    inner join device on visitor_media_day.device_key = device.device_key
    inner join geo on visitor_media_day.geo_key = geo.geo_key
    inner join calendar on visitor_media_day.activity_date_key = calendar.date_key
    left join visitor on visitor_media_day.visitor_key = visitor.visitor_key
)

select
    activity_date,
    media_id,
    media_name,
    channel_name,
    visitor_id,
    browser,
    platform,
    device_type,
    country,
    region,
    session_count,
    watch_hours
from final
