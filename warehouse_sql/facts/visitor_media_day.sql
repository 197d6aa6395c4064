-- grain:   one row per visitor, media and UTC day with a session
-- key:     visitor_key, media_id, activity_date_key
-- within:  activity_date_key
-- reads:   core.fct_viewing_session
-- load:    partitions of core.fct_viewing_session.received_date_key
-- refs:    visitor_key core.dim_visitor, activity_date_key core.dim_date, device_key core.dim_device, geo_key core.dim_geo
-- version: 1
-- columns:
--   visitor_key              The visitor; -1 for all sessions of the media and day that have none together.
--   media_id                 The hashed id of the media.
--   activity_date_key        The UTC day; -1 outside the calendar.
--   device_key               The device of the visitor's last session of that day.
--   geo_key                  The place of the visitor's last session of that day.
--   session_count            Viewing sessions received on that day.
--   watch_seconds            Seconds of the media that these sessions watched; null where none is known.
--   greatest_percent_viewed  Greatest share of the media that one of these sessions viewed, 0 to 1.
--   average_percent_viewed   Mean share of the media that these sessions viewed, 0 to 1.
--
-- From here come distinct visitors over windows of days and groups of medias: count(distinct visitor_key) where it is
-- greater than 0. Sessions without a visitor are kept, so that sums over visitors are sums over sessions.
-- Stored by day: a load makes the days anew whose sessions it changed. Sorted by day; distributed by visitor, so that
-- distinct visitors are counted on each slice for itself.
with touched as (
    select activity_date_key from touched_visitor_media_day
),

viewing_session as (
    select * from core.fct_viewing_session
    where
        received_date_key between :within_from and :within_to
        and received_date_key in (select touched.activity_date_key from touched)
),

ranked as (
    select
        viewing_session.*,
        row_number() over (
            partition by viewing_session.visitor_key, viewing_session.media_id, viewing_session.received_date_key
            order by viewing_session.received_at desc, viewing_session.session_id desc
        ) as recency
    from viewing_session
),

final as (
    select
        ranked.visitor_key,
        ranked.media_id,
        ranked.received_date_key as activity_date_key,
        max(case when ranked.recency = 1 then ranked.device_key end) as device_key,
        max(case when ranked.recency = 1 then ranked.geo_key end) as geo_key,
        count(*) as session_count,
        {{ exact_sum('ranked.watch_seconds') }} as watch_seconds,
        max(ranked.percent_viewed) as greatest_percent_viewed,
        {{ exact_sum('ranked.percent_viewed') }} / nullif(count(ranked.percent_viewed), 0) as average_percent_viewed
    from ranked
    group by ranked.visitor_key, ranked.media_id, ranked.received_date_key
)

select
    visitor_key,
    media_id,
    activity_date_key,
    device_key,
    geo_key,
    session_count,
    watch_seconds,
    greatest_percent_viewed,
    average_percent_viewed
from final
