-- grain:   one row per playback
-- key:     playback_id
-- reads:   core.fct_playback, core.dim_content, core.dim_user
-- load:    view
-- version: 1
-- columns:
--   playback_id        The playback.
--   user_id            Who watched.
--   content_id         What was watched.
--   title              What the title was called when it was watched.
--   genre              Its genre then.
--   region             Where it was watched: what the log says, else where the user lived then, else Unknown.
--   device_type        mobile, tablet, desktop, tv, console or other.
--   subscription_plan  The plan that the user had when it started.
--   start_time         When it started (UTC).
--   end_time           When it ended (UTC); null while it is open.
--   duration_min       Minutes from its start to its end, to two decimals; null while it is open.
--
-- The three feeds in one flat row, under the names that StreamPulse gives them.
with playback as (
    select * from core.fct_playback
),

content as (
    select content_key, title, genre from core.dim_content
),

viewer as (
    select user_key, subscription_plan from core.dim_user
),

final as (
    select
        playback.playback_id,
        playback.user_id,
        playback.content_id,
        content.title,
        content.genre,
        playback.region,
        playback.device_type,
        viewer.subscription_plan,
        playback.started_at as start_time,
        playback.ended_at as end_time,
        playback.duration_min
    from playback
    inner join content on playback.content_key = content.content_key
    inner join viewer on playback.user_key = viewer.user_key
)

select
    playback_id,
    user_id,
    content_id,
    title,
    genre,
    region,
    device_type,
    subscription_plan,
    start_time,
    end_time,
    duration_min
from final
