-- grain:   one row per media and day of which analytics were read
-- key:     media_id, activity_date
-- within:  activity_date_key
-- reads:   staging.stg_wistia__media_analytics_day, core.fct_media_analytics_day, core.dim_media
-- load:    delta of wistia__media_analytics_day
-- refs:    activity_date_key core.dim_date, media_key core.dim_media
-- version: 1
-- columns:
--   media_id               The hashed id of the media.
--   activity_date_key      The day; -1 outside the calendar.
--   activity_date          The same as a date.
--   media_key              The version of the media that was valid at the end of that day (UTC).
--   unique_load_count      Distinct player loads on that day.
--   unique_play_count      Distinct plays on that day.
--   play_count             Plays on that day.
--   play_rate              Share of the loads that became a play, 0 to 1.
--   played_seconds         Seconds watched on that day.
--   unique_visitor_count   Distinct visitors who loaded the media on that day; never sum it over days or medias.
--   engagement             Average share of the media watched on that day, 0 to 1.
--   cta_impression_count   How often a call to action was shown.
--   cta_conversion_count   How often a call to action was clicked.
--   cta_conversion_rate    Clicks divided by impressions, 0 to 1.
--   form_conversion_count  Forms that were sent.
--   _extracted_at          When the request was sent (UTC); the latest answer wins.
--   _raw_sequence          Raw manifest that landed the record.
--   _raw_part              Object of that manifest, from 0.
--   _raw_line              Line of that object, from 1.
--
-- What the vendor's Analytics API tells of a day, beside what its Stats API counts (fct_media_day): the only source of a
-- day's distinct visitors and of how much of a media they watched. Any metric may be null: not known. Only accounts that
-- are read through the later versions of the API, and whose plan has it, have rows. Recent days are restated, and the day
-- of the request is not over: the latest answer wins. In which time zone the vendor's days lie is not documented; they are
-- taken as UTC days. Sorted by day, because merges and marts ask for days; distributed by media, as fct_media_day.
with staged as (
    select
        {{ natural_text('media_id') }} as media_id,
        activity_date,
        unique_load_count,
        unique_play_count,
        play_count,
        play_rate,
        played_seconds,
        unique_visitor_count,
        engagement,
        cta_impression_count,
        cta_conversion_count,
        cta_conversion_rate,
        form_conversion_count,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        true as _is_staged
    from staging.stg_wistia__media_analytics_day
),

{% if repoint -%}
loaded as (
    select
        media_id,
        activity_date,
        unique_load_count,
        unique_play_count,
        play_count,
        play_rate,
        played_seconds,
        unique_visitor_count,
        engagement,
        cta_impression_count,
        cta_conversion_count,
        cta_conversion_rate,
        form_conversion_count,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        false as _is_staged
    from core.fct_media_analytics_day
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
        ended.unique_load_count,
        ended.unique_play_count,
        ended.play_count,
        ended.play_rate,
        ended.played_seconds,
        ended.unique_visitor_count,
        ended.engagement,
        ended.cta_impression_count,
        ended.cta_conversion_count,
        ended.cta_conversion_rate,
        ended.form_conversion_count,
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
    unique_load_count,
    unique_play_count,
    play_count,
    play_rate,
    played_seconds,
    unique_visitor_count,
    engagement,
    cta_impression_count,
    cta_conversion_count,
    cta_conversion_rate,
    form_conversion_count,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line,
    _is_staged
from final
