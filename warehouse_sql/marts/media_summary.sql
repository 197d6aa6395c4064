-- grain:   one row per media with statistics
-- key:     media_id
-- reads:   core.fct_media_snapshot, core.dim_media, core.dim_channel
-- load:    view
-- version: 1
-- columns:
--   media_id             The hashed id of the media.
--   media_name           Its present title.
--   media_type           Video, Audio, Image, PdfDocument, ...
--   project_name         Its present project.
--   channel_name         Its channel.
--   duration_seconds     Its present length in seconds.
--   snapshot_date        The day of the newest statistics (UTC).
--   load_count           Player loads since the media was made.
--   play_count           Plays since the media was made.
--   visitor_count        Distinct visitors that ever loaded it.
--   play_rate            Distinct players divided by visitors, 0 to 1.
--   hours_watched        Hours watched since the media was made.
--   engagement           Average share of the media that is watched, 0 to 1.
--   play_rate_class      High from 0.2, Medium from 0.1, else Low; Unknown without a play rate.
--   hours_watched_class  High from 500 hours, Medium from 100, else Low.
--   play_count_class     High from 10,000 plays, Medium from 1,000, else Low.
--
-- The newest snapshot of each media, classed by the published bounds. All figures are totals since the media was made.
with media_snapshot as (
    select * from core.fct_media_snapshot
),

media as (
    select * from core.dim_media
    where is_current and media_key > 0
),

channel as (
    select * from core.dim_channel
),

ranked as (
    select
        media_snapshot.*,
        row_number() over (partition by media_snapshot.media_id order by media_snapshot.snapshot_date desc) as recency
    from media_snapshot
),

final as (
    select
        ranked.media_id,
        media.media_name,
        media.media_type,
        media.project_name,
        channel.channel_name,
        media.duration_seconds,
        ranked.snapshot_date,
        ranked.load_count,
        ranked.play_count,
        ranked.visitor_count,
        ranked.play_rate,
        ranked.hours_watched,
        ranked.engagement,
        {{ class_of('ranked.play_rate', 0.2, 0.1) }} as play_rate_class,
        {{ class_of('ranked.hours_watched', 500, 100) }} as hours_watched_class,
        {{ class_of('ranked.play_count', 10000, 1000) }} as play_count_class
    from ranked
    inner join media on ranked.media_id = media.media_id
    inner join channel on media.channel_key = channel.channel_key
    where ranked.recency = 1
)

select
    media_id,
    media_name,
    media_type,
    project_name,
    channel_name,
    duration_seconds,
    snapshot_date,
    load_count,
    play_count,
    visitor_count,
    play_rate,
    hours_watched,
    engagement,
    play_rate_class,
    hours_watched_class,
    play_count_class
from final
