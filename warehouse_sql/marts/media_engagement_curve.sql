-- grain:   one row per media and bucket of its newest engagement curve
-- key:     media_id, bucket
-- reads:   core.fct_media_engagement, core.dim_media, core.dim_channel
-- load:    view
-- version: 2
-- columns:
--   snapshot_date         The UTC day on which the curve was first seen as it is.
--   media_id              The hashed id of the media.
--   media_name            Its present title.
--   project_name          Its present project.
--   channel_name          Its channel.
--   bucket                Place in the curve, from 0: a second, or a thousandth of a media longer than 1000 seconds.
--   bucket_count          Length of the curve.
--   starts_at_second      Where the bucket starts: bucket times length divided by bucket_count; null without a length.
--   view_count            Views of the bucket since the media was made, rewatches included.
--   rewatch_count         Of these, by those who had seen it before in the same session.
--   first_view_count      The others.
--   rewatch_share         rewatch_count divided by view_count; null without views.
--   retention_share       first_view_count divided by that of bucket 0; null where that is 0. Above 1 where more came in later.
--   drop_off_share        retention_share of the bucket before minus this one; 0 in bucket 0; negative where more came in.
--   drop_off_point_share  What is lost within two hundredths of the curve that end here, at the three places at most where that is greatest and 0.05 or more; null elsewhere.
--
-- Where viewers leave, and what they watch again. A curve is stored when it differs from the one before, so its day may
-- lie far back while it still is the present one. The length is that of the media's version at that day, because a
-- replaced video has another. An empty curve has no rows: a media whose curve was emptied shows the last one it had. Points
-- of drop-off are told here, so that every page and every analyst marks the same ones: a window, because a loss is spread
-- over some seconds; 0.05, because less is the usual crumbling; of places within a window of each other the one that loses
-- most, of equals the first.
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

windowed as (
    select
        media_id,
        bucket,
        first_view_count,
        start_view_count,
        greatest(cast(floor(0.02 * bucket_count + 0.5) as integer), 1) as window_length
    from started
),

candidate as (
    select
        windowed.media_id,
        windowed.bucket,
        windowed.window_length,
        windowed.start_view_count,
        earlier.first_view_count - windowed.first_view_count as lost_count
    from windowed
    inner join started as earlier
        on
            windowed.media_id = earlier.media_id
            and windowed.bucket - windowed.window_length = earlier.bucket
    where
        windowed.start_view_count > 0
        and 20 * (earlier.first_view_count - windowed.first_view_count) >= windowed.start_view_count
),

peak as (
    select
        candidate.media_id,
        candidate.bucket,
        {{ share_of('candidate.lost_count', 'candidate.start_view_count') }} as lost_share,
        row_number() over (
            partition by candidate.media_id order by candidate.lost_count desc, candidate.bucket
        ) as place
    from candidate
    left join candidate as steeper
        on
            candidate.media_id = steeper.media_id
            and candidate.bucket <> steeper.bucket
            and abs(candidate.bucket - steeper.bucket) <= candidate.window_length
            and (
                steeper.lost_count > candidate.lost_count
                or (steeper.lost_count = candidate.lost_count and steeper.bucket < candidate.bucket)
            )
    where steeper.bucket is null
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
        nvl(compared.previous_share, compared.retention_share) - compared.retention_share as drop_off_share,
        peak.lost_share as drop_off_point_share
    from compared
    left join peak
        on
            compared.media_id = peak.media_id
            and compared.bucket = peak.bucket
            and peak.place <= 3
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
    drop_off_share,
    drop_off_point_share
from final
