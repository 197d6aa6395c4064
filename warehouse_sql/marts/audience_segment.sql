-- grain:   one row per frequency segment and recency segment
-- key:     frequency_segment, recency_segment
-- reads:   core.dim_visitor
-- load:    view
-- version: 1
-- columns:
--   frequency_segment  By loads plus plays of a visitor: Frequent from 5, Occasional from 2, else Rare; Unknown while inferred.
--   recency_segment    Days from the visitor's last activity to the newest activity of all: 0-6, 7-29, 30-89, or 90 and more.
--   visitor_count      Visitors in both segments.
--   load_count         Their player loads.
--   play_count         Their plays.
--   as_of_date         The day of the newest activity of all visitors (UTC), from which recency counts.
--
-- Recency is counted from the data's own newest day, never from the clock, so the same data gives the same segments.
with visitor as (
    select * from core.dim_visitor
    where visitor_key > 0
),

high_water as (
    select cast(max(visitor.last_active_at) as date) as as_of_date
    from visitor
),

aged as (
    select
        visitor.visitor_key,
        visitor.load_count,
        visitor.play_count,
        high_water.as_of_date,
        datediff(day, cast(visitor.last_active_at as date), high_water.as_of_date) as idle_days
    from visitor
    cross join high_water
),

segmented as (
    select
        aged.*,
        {{ frequency_segment('aged.load_count', 'aged.play_count') }} as frequency_segment,
        case
            when aged.idle_days is null then 'Unknown'
            when aged.idle_days < 7 then '0-6 days'
            when aged.idle_days < 30 then '7-29 days'
            when aged.idle_days < 90 then '30-89 days'
            else '90 days and more'
        end as recency_segment
    from aged
),

final as (
    select
        segmented.frequency_segment,
        segmented.recency_segment,
        count(*) as visitor_count,
        nvl(sum(segmented.load_count), 0) as load_count,
        nvl(sum(segmented.play_count), 0) as play_count,
        max(segmented.as_of_date) as as_of_date
    from segmented
    group by segmented.frequency_segment, segmented.recency_segment
)

select
    frequency_segment,
    recency_segment,
    visitor_count,
    load_count,
    play_count,
    as_of_date
from final
