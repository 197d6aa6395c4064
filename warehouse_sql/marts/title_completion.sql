-- grain:   one row per title with a playback
-- key:     content_id
-- reads:   mart.engagement_daily_total, core.dim_content
-- load:    view
-- version: 1
-- columns:
--   content_id       The title.
--   title            What it is called now.
--   genre            Its present genre.
--   length_min       Its present length in minutes; null where it has none.
--   playback_count   Playbacks, those that are still open included.
--   measured_count   Those of them that have ended and whose title had a length when they started.
--   completion_rate  Mean share of the title that these played, each at most 1; null where there are none.
--   completed_count  Those of them that played at least nine tenths of the title.
--   completed_share  completed_count divided by measured_count; null where there are none.
--
-- A playback is held against the length that the title had when it started. Whoever pauses or goes back plays for longer
-- than the title lasts: a share is never above 1.
with engagement as (
    select * from mart.engagement_daily_total
),

content as (
    select content_id, title, genre, length_min from core.dim_content
    where is_current and content_key > 0
),

summed as (
    select
        engagement.content_id,
        sum(engagement.playback_count) as playback_count,
        sum(engagement.measured_count) as measured_count,
        sum(engagement.completed_count) as completed_count,
        {{ exact_sum('engagement.completion_total') }} as completion_total
    from engagement
    group by engagement.content_id
),

final as (
    select
        summed.content_id,
        content.title,
        content.genre,
        content.length_min,
        summed.playback_count,
        summed.measured_count,
        {{ share_of('summed.completion_total', 'summed.measured_count') }} as completion_rate,
        summed.completed_count,
        {{ share_of('summed.completed_count', 'summed.measured_count') }} as completed_share
    from summed
    inner join content on summed.content_id = content.content_id
)

select
    content_id,
    title,
    genre,
    length_min,
    playback_count,
    measured_count,
    completion_rate,
    completed_count,
    completed_share
from final
