-- grain:   one row per device
-- key:     browser, platform, device_type
-- reads:   core.dim_visitor, core.fct_viewing_session, core.dim_device
-- load:    view
-- version: 1
-- columns:
--   browser                 Browser family; Unknown where the source is silent.
--   platform                Operating system; Unknown where the source is silent.
--   device_type             Mobile, Not mobile or Unknown.
--   visitor_count           Visitors whose last device it is.
--   load_count              Player loads of these visitors since first seen, on whatever device.
--   play_count              Plays of these visitors since first seen, on whatever device.
--   session_count           Viewing sessions on the device.
--   average_percent_viewed  Mean share of the media that these sessions viewed, 0 to 1; null where none is known.
--   watch_hours             Hours that these sessions watched; null where none is known.
--
-- Visitors are counted once, by the device last seen, so each measure adds up over devices to the whole: visitors to all
-- visitors, sessions to all sessions. What nobody told the device of is in Unknown. A visitor who changes devices has
-- sessions on several, so visitors and sessions of a row are not the same people.
with visitor as (
    select * from core.dim_visitor
    where visitor_key > 0
),

viewing_session as (
    select * from core.fct_viewing_session
),

device as (
    select * from core.dim_device
),

visitor_total as (
    select
        visitor.device_key,
        count(*) as visitor_count,
        nvl(sum(visitor.load_count), 0) as load_count,
        nvl(sum(visitor.play_count), 0) as play_count
    from visitor
    group by visitor.device_key
),

session_total as (
    select
        viewing_session.device_key,
        count(*) as session_count,
        {{ exact_sum('viewing_session.percent_viewed') }}
        / nullif(count(viewing_session.percent_viewed), 0) as average_percent_viewed,
        {{ exact_sum('viewing_session.watch_seconds') }} / 3600 as watch_hours
    from viewing_session
    group by viewing_session.device_key
),

final as (
    select
        device.browser,
        device.platform,
        device.device_type,
        nvl(visitor_total.visitor_count, 0) as visitor_count,
        nvl(visitor_total.load_count, 0) as load_count,
        nvl(visitor_total.play_count, 0) as play_count,
        nvl(session_total.session_count, 0) as session_count,
        session_total.average_percent_viewed,
        session_total.watch_hours
    from device
    left join visitor_total on device.device_key = visitor_total.device_key
    left join session_total on device.device_key = session_total.device_key
    where visitor_total.device_key is not null or session_total.device_key is not null
)

select
    browser,
    platform,
    device_type,
    visitor_count,
    load_count,
    play_count,
    session_count,
    average_percent_viewed,
    watch_hours
from final
