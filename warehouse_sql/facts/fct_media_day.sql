-- grain:   one row per media and day that was read
-- key:     media_id, activity_date
-- within:  activity_date_key
-- reads:   staging.stg_wistia__media_day, core.fct_media_day, core.dim_media
-- load:    delta of wistia__media_day
-- refs:    activity_date_key core.dim_date, media_key core.dim_media
-- version: 1
-- columns:
--   media_id           The hashed id of the media.
--   activity_date_key  The day; -1 outside the calendar.
--   activity_date      The same as a date.
--   media_key          The version of the media that was valid at the end of that day (UTC).
--   load_count         Player loads on that day.
--   play_count         Plays on that day.
--   hours_watched      Hours watched on that day.
--   _extracted_at      When the request was sent (UTC); the latest answer wins.
--   _raw_sequence      Raw manifest that landed the record.
--   _raw_part          Object of that manifest, from 0.
--   _raw_line          Line of that object, from 1.
--
-- What the vendor counted for a day: it may be summed over days and medias. A quiet day is a row of zeros, a day that was
-- never read is no row. The vendor restates recent days, upwards and downwards, and the day of the request is not over:
-- the latest answer wins. The sum of all days is near the lifetime counters of fct_media_snapshot, seldom equal to them.
-- In which time zone the vendor's days lie is not documented; they are taken as UTC days.
-- Sorted by day, because merges and marts ask for days; distributed by media, as the snapshots beside which it stands.
with staged as (
    select
        {{ natural_text('media_id') }} as media_id,
        activity_date,
        load_count,
        play_count,
        hours_watched,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        true as _is_staged
    from staging.stg_wistia__media_day
),

{% if repoint -%}
loaded as (
    select
        media_id,
        activity_date,
        load_count,
        play_count,
        hours_watched,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        false as _is_staged
    from core.fct_media_day
    where media_id in (select media_id from delta_dim_media where _action <> 'unchanged')
),
{%- endif %}

media_day as (
    select * from staged
    {%- if repoint %}
    union all
    select * from loaded
    {%- endif %}
),

ended as (
    select
        media_day.*,
        dateadd(day, 1, media_day.activity_date) as ended_at
    from media_day
),

media_version as (
    select media_key, media_id, valid_from, valid_to from core.dim_media
    where media_key > 0
),

final as (
    select
        ended.media_id,
        {{ date_key('ended.activity_date') }} as activity_date_key,
        ended.activity_date,
        nvl(media_version.media_key, -1) as media_key,
        ended.load_count,
        ended.play_count,
        ended.hours_watched,
        ended._extracted_at,
        ended._raw_sequence,
        ended._raw_part,
        ended._raw_line,
        ended._is_staged
    from ended
    left join media_version
        on
            ended.media_id = media_version.media_id
            and ended.ended_at > media_version.valid_from
            and ended.ended_at <= media_version.valid_to
)

select
    media_id,
    activity_date_key,
    activity_date,
    media_key,
    load_count,
    play_count,
    hours_watched,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line,
    _is_staged
from final
