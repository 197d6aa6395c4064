-- grain:   one row per media and bucket of its newest engagement curve
-- key:     media_id, bucket
-- reads:   core.fct_media_engagement, core.dim_media, core.dim_channel
-- load:    view
-- version: 1
-- columns:
--   snapshot_date     The UTC day on which the curve was first seen as it is.
--   media_id          The hashed id of the media.
--   media_name        Its present title.
--   project_name      Its present project.
--   channel_name      Its channel.
--   bucket            Place in the curve, from 0: a second, or a thousandth of a media longer than 1000 seconds.
--   bucket_count      Length of the curve.
--   starts_at_second  Where the bucket starts: bucket times length divided by bucket_count; null without a length.
--   view_count        Views of the bucket since the media was made, rewatches included.
--   rewatch_count     Of these, by those who had seen it before in the same session.
--   first_view_count  The others.
--   rewatch_share     rewatch_count divided by view_count; null without views.
--   retention_share   first_view_count divided by that of bucket 0; null where that is 0. Above 1 where more came in later.
--   drop_off_share    retention_share of the bucket before minus this one; 0 in bucket 0; negative where more came in.
--
-- Where viewers leave, and what they watch again. A curve is stored when it differs from the one before, so its day may
-- lie far back while it still is the present one. The length is that of the media's version at that day, because a
-- replaced video has another. An empty curve has no rows: a media whose curve was emptied shows the last one it had.
with media_engagement as (
    select * from core.fct_media_engagement
),

media_version as (
    select media_key, duration_seconds from core.dim_media
),

media as (
    select * from core.dim_media
    where is_current and media_key > 0
),

channel as (
    select * from core.dim_channel
),

newest as (
    select
        media_engagement.media_id,
        max(media_engagement.snapshot_date) as snapshot_date
    from media_engagement
    group by media_engagement.media_id
),

curve as (
    select
        media_engagement.*,
        media_engagement.view_count - media_engagement.rewatch_count as first_view_count
    from media_engagement
    inner join newest
        on
            media_engagement.media_id = newest.media_id
            and media_engagement.snapshot_date = newest.snapshot_date
),

started as (
    select
        curve.*,
        max(case when curve.bucket = 0 then curve.first_view_count end) over (
            partition by curve.media_id
        ) as start_view_count
    from curve
),

retained as (
    select
        started.*,
        {{ share_of('started.first_view_count', 'started.start_view_count') }} as retention_share
    from started
),

compared as (
    select
        retained.*,
        lag(retained.retention_share) over (
            partition by retained.media_id order by retained.bucket
        ) as previous_share
    from retained
),

final as (
    select
        compared.snapshot_date,
        compared.media_id,
        media.media_name,
        media.project_name,
        channel.channel_name,
        compared.bucket,
        compared.bucket_count,
        cast(compared.bucket as double precision)
        * media_version.duration_seconds / compared.bucket_count as starts_at_second,
        compared.view_count,
        compared.rewatch_count,
        compared.first_view_count,
        {{ share_of('compared.rewatch_count', 'compared.view_count') }} as rewatch_share,
        compared.retention_share,
        nvl(compared.previous_share, compared.retention_share) - compared.retention_share as drop_off_share
    from compared
    inner join media on compared.media_id = media.media_id
    inner join channel on media.channel_key = channel.channel_key
    inner join media_version on compared.media_key = media_version.media_key
)

select
    snapshot_date,
    media_id,
    media_name,
    project_name,
    channel_name,
    bucket,
    bucket_count,
    starts_at_second,
    view_count,
    rewatch_count,
    first_view_count,
    rewatch_share,
    retention_share,
    drop_off_share
from final
