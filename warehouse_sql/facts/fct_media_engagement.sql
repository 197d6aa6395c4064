-- grain:   one row per media, day on which its curve was asked for, and bucket of the curve
-- key:     media_id, snapshot_date, bucket
-- group:   media_id, snapshot_date
-- within:  snapshot_date_key
-- reads:   staging.stg_wistia__media_engagement, core.fct_media_engagement, core.dim_media
-- load:    delta of wistia__media_engagement
-- keep:    90 days of snapshot_date, then the last of each media_id and month
-- refs:    snapshot_date_key core.dim_date, media_key core.dim_media
-- version: 1
-- columns:
--   media_id           The hashed id of the media.
--   snapshot_date_key  UTC day on which the request was sent.
--   snapshot_date      The same as a date.
--   media_key          The version of the media that was valid when the request was sent.
--   bucket             Place in the curve, from 0: a second, or a thousandth of a media longer than 1000 seconds.
--   bucket_count       Length of the curve.
--   view_count         Views of that place since the media was made, rewatches included.
--   rewatch_count      Views of it by those who had seen it before in the same session.
--   engagement         Average share of the media that is watched, 0 to 1; the same in all buckets of a curve.
--   _extracted_at      When the request was sent (UTC); the latest of a day wins whole.
--   _raw_sequence      Raw manifest that landed the record.
--   _raw_part          Object of that manifest, from 0.
--   _raw_line          Line of that object, from 1.
--
-- Where viewers leave and what they watch again. A curve that repeats the one before was not landed: the newest day of a
-- media at or before a date tells its curve at that date. A curve is replaced whole, because a media that was cut has
-- fewer buckets; the lengths of bucket and media belong together, so compare curves only within one media_key.
-- Lifetime counters: never sum them over days. Of days older than 90 days before the newest, counted in the data and not
-- by the clock, only the last of a media and month stays: a day has as many rows as the medias have seconds.
-- Sorted by day, because merges and the retention ask for days; distributed by media, by which the newest is found.
with staged as (
    select
        {{ natural_text('media_id') }} as media_id,
        snapshot_date,
        bucket,
        bucket_count,
        view_count,
        rewatch_count,
        engagement,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        true as _is_staged
    from staging.stg_wistia__media_engagement
),

{% if repoint -%}
loaded as (
    select
        media_id,
        snapshot_date,
        bucket,
        bucket_count,
        view_count,
        rewatch_count,
        engagement,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        false as _is_staged
    from core.fct_media_engagement
    where media_id in (select media_id from delta_dim_media where _action <> 'unchanged')
),
{%- endif %}

media_engagement as (
    select * from staged
    {%- if repoint %}
    union all
    select * from loaded
    {%- endif %}
),

media_version as (
    select media_key, media_id, valid_from, valid_to from core.dim_media
    where media_key > 0
),

final as (
    select
        media_engagement.media_id,
        {{ date_key('media_engagement.snapshot_date') }} as snapshot_date_key,
        media_engagement.snapshot_date,
        nvl(media_version.media_key, -1) as media_key,
        media_engagement.bucket,
        media_engagement.bucket_count,
        media_engagement.view_count,
        media_engagement.rewatch_count,
        media_engagement.engagement,
        media_engagement._extracted_at,
        media_engagement._raw_sequence,
        media_engagement._raw_part,
        media_engagement._raw_line,
        media_engagement._is_staged
    from media_engagement
    left join media_version
        on
            media_engagement.media_id = media_version.media_id
            and media_engagement._extracted_at >= media_version.valid_from
            and media_engagement._extracted_at < media_version.valid_to
)

select
    media_id,
    snapshot_date_key,
    snapshot_date,
    media_key,
    bucket,
    bucket_count,
    view_count,
    rewatch_count,
    engagement,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line,
    _is_staged
from final
