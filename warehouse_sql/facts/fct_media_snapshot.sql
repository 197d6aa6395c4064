-- grain:   one row per media and day on which its statistics were asked for
-- key:     media_id, snapshot_date
-- within:  snapshot_date_key
-- reads:   staging.stg_wistia__media_snapshot, core.fct_media_snapshot, core.dim_media
-- load:    delta of wistia__media_snapshot
-- refs:    snapshot_date_key core.dim_date, media_key core.dim_media
-- version: 1
-- columns:
--   media_id           The hashed id of the media.
--   snapshot_date_key  UTC day on which the request was sent.
--   snapshot_date      The same as a date.
--   media_key          The version of the media that was valid when the request was sent.
--   load_count         Player loads since the media was made.
--   play_count         Plays since the media was made.
--   visitor_count      Distinct visitors that ever loaded it.
--   play_rate          Distinct players divided by visitors, 0 to 1.
--   hours_watched      Hours watched since the media was made.
--   engagement         Average share of the media that is watched, 0 to 1.
--   _extracted_at      When the request was sent (UTC); the latest of a day wins.
--   _raw_sequence      Raw manifest that landed the record.
--   _raw_part          Object of that manifest, from 0.
--   _raw_line          Line of that object, from 1.
--
-- Lifetime counters as the source gave them on that day. They fall as well as rise, because sessions are revised and
-- purged: never sum them over days, and do not read a difference of two days as what happened in between.
-- Sorted by day, because merges and marts ask for days; distributed by media, by which the newest is found.
with staged as (
    select
        {{ natural_text('media_id') }} as media_id,
        snapshot_date,
        load_count,
        play_count,
        visitor_count,
        play_rate,
        hours_watched,
        engagement,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        true as _is_staged
    from staging.stg_wistia__media_snapshot
),

{% if repoint -%}
loaded as (
    select
        media_id,
        snapshot_date,
        load_count,
        play_count,
        visitor_count,
        play_rate,
        hours_watched,
        engagement,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        false as _is_staged
    from core.fct_media_snapshot
    where media_id in (select media_id from delta_dim_media where _action <> 'unchanged')
),
{%- endif %}

media_snapshot as (
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
        media_snapshot.media_id,
        {{ date_key('media_snapshot.snapshot_date') }} as snapshot_date_key,
        media_snapshot.snapshot_date,
        nvl(media_version.media_key, -1) as media_key,
        media_snapshot.load_count,
        media_snapshot.play_count,
        media_snapshot.visitor_count,
        media_snapshot.play_rate,
        media_snapshot.hours_watched,
        media_snapshot.engagement,
        media_snapshot._extracted_at,
        media_snapshot._raw_sequence,
        media_snapshot._raw_part,
        media_snapshot._raw_line,
        media_snapshot._is_staged
    from media_snapshot
    left join media_version
        on
            media_snapshot.media_id = media_version.media_id
            and media_snapshot._extracted_at >= media_version.valid_from
            and media_snapshot._extracted_at < media_version.valid_to
)

select
    media_id,
    snapshot_date_key,
    snapshot_date,
    media_key,
    load_count,
    play_count,
    visitor_count,
    play_rate,
    hours_watched,
    engagement,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line,
    _is_staged
from final
