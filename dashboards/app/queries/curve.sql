-- grain:   one row per bucket of the newest engagement curve of the media chosen
-- columns:
--   bucket                {mart.media_engagement_curve.bucket}
--   starts_at_second      {mart.media_engagement_curve.starts_at_second}
--   view_count            {mart.media_engagement_curve.view_count}
--   first_view_count      Views that were no rewatches.
--   rewatch_count         {mart.media_engagement_curve.rewatch_count}
--   retention_share       {mart.media_engagement_curve.retention_share}
--   drop_off_share        {mart.media_engagement_curve.drop_off_share}
--   drop_off_point_share  {mart.media_engagement_curve.drop_off_point_share}
--   snapshot_date         {mart.media_engagement_curve.snapshot_date}
select
    bucket,
    starts_at_second,
    view_count,
    first_view_count,
    rewatch_count,
    retention_share,
    drop_off_share,
    drop_off_point_share,
    snapshot_date
from mart.media_engagement_curve
where media_id = :media_id
order by bucket
