-- grain:   one row per visitor among the hundred with most plays
-- key:     visitor_id
-- reads:   core.dim_visitor, core.dim_device
-- load:    view
-- version: 1
-- columns:
--   visitor_rank       1 for most plays; ties by loads, then by last activity, then by id.
--   visitor_id         The opaque key that the vendor gives a visitor.
--   play_count         Plays since first seen.
--   load_count         Player loads since first seen.
--   frequency_segment  By loads plus plays: Frequent from 5, Occasional from 2, else Rare.
--   browser            Browser family last seen.
--   platform           Operating system last seen.
--   device_type        Mobile or Not mobile.
--   first_seen_at      When first recorded (UTC).
--   last_active_at     When last active (UTC).
--
-- Whom to look at first. The hundred are picked before they are numbered: a window without a partition numbers all its
-- rows on one slice. Nothing here says who a visitor is.
with visitor as (
    select * from core.dim_visitor
    where visitor_key > 0 and not is_inferred
),

device as (
    select * from core.dim_device
),

foremost as (
    select visitor.* from visitor
    order by visitor.play_count desc, visitor.load_count desc, visitor.last_active_at desc, visitor.visitor_id asc
    limit 100
),

ranked as (
    select
        foremost.*,
        row_number() over (
            order by foremost.play_count desc, foremost.load_count desc, foremost.last_active_at desc, foremost.visitor_id asc
        ) as visitor_rank
    from foremost
),

final as (
    select
        ranked.visitor_rank,
        ranked.visitor_id,
        ranked.play_count,
        ranked.load_count,
        {{ frequency_segment('ranked.load_count', 'ranked.play_count') }} as frequency_segment,
        device.browser,
        device.platform,
        device.device_type,
        ranked.first_seen_at,
        ranked.last_active_at
    from ranked
    inner join device on ranked.device_key = device.device_key
)

select
    visitor_rank,
    visitor_id,
    play_count,
    load_count,
    frequency_segment,
    browser,
    platform,
    device_type,
    first_seen_at,
    last_active_at
from final
