-- grain:   one row per viewing session
-- key:     session_id
-- within:  received_date_key
-- reads:   restricted.stg_wistia__viewing_session, core.fct_viewing_session, core.dim_media
-- load:    delta of wistia__viewing_session
-- refs:    received_date_key core.dim_date, media_key core.dim_media, visitor_key core.dim_visitor, device_key core.dim_device, geo_key core.dim_geo
-- version: 1
-- columns:
--   session_id         The event key.
--   received_date_key  UTC day on which the session was received.
--   media_key          The version of the media that was valid when the session was received.
--   visitor_key        The visitor.
--   device_key         The device.
--   geo_key            The place, as the vendor tells it from the network address.
--   media_id           The hashed id of the media.
--   browser_version    Browser version.
--   percent_viewed     Share of the media that was viewed, 0 to 1; revised while and after the viewer watches.
--   watch_seconds      percent_viewed times the length of the media's version; null where either is unknown.
--   received_at        When the session was received (UTC); a revision does not change it.
--   _extracted_at      When the request was sent that showed this state (UTC).
--   _raw_sequence      Raw manifest that landed the record.
--   _raw_part          Object of that manifest, from 0.
--   _raw_line          Line of that object, from 1.
--
-- A session is a page view with a play; page loads without a play are only in the lifetime counters of
-- fct_media_snapshot. Sessions are revised, so measures of the last days still move. When versions of a media change,
-- its sessions are taken through the same rules again. Addresses, positions, e-mail and organisations do not enter.
-- Sorted by day, because merges, marts and dashboards ask for days; distributed by session, by which a
-- delta finds its rows, and so evenly: by visitor, all sessions without one would lie on one slice.
with staged as (
    select
        {{ natural_text('session_id') }} as session_id,
        {{ visitor_key(natural_text('visitor_id')) }} as visitor_key,
        {{ device_key(natural_text('browser'), natural_text('platform'), 'is_mobile') }} as device_key,
        {{ geo_key(natural_text('country'), natural_text('region'), natural_text('city')) }} as geo_key,
        {{ natural_text('media_id') }} as media_id,
        browser_version,
        percent_viewed,
        received_at,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        true as _is_staged
    from restricted.stg_wistia__viewing_session
),

{% if repoint -%}
loaded as (
    select
        session_id,
        visitor_key,
        device_key,
        geo_key,
        media_id,
        browser_version,
        percent_viewed,
        received_at,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        false as _is_staged
    from core.fct_viewing_session
    where media_id in (select media_id from delta_dim_media where _action <> 'unchanged')
),
{%- endif %}

viewing_session as (
    select * from staged
    {%- if repoint %}
    union all
    select * from loaded
    {%- endif %}
),

media_version as (
    select media_key, media_id, duration_seconds, valid_from, valid_to from core.dim_media
    where media_key > 0
),

final as (
    select
        viewing_session.session_id,
        {{ date_key('viewing_session.received_at') }} as received_date_key,
        nvl(media_version.media_key, -1) as media_key,
        viewing_session.visitor_key,
        viewing_session.device_key,
        viewing_session.geo_key,
        viewing_session.media_id,
        viewing_session.browser_version,
        viewing_session.percent_viewed,
        {{ watch_seconds('viewing_session.percent_viewed', 'media_version.duration_seconds') }} as watch_seconds,
        viewing_session.received_at,
        viewing_session._extracted_at,
        viewing_session._raw_sequence,
        viewing_session._raw_part,
        viewing_session._raw_line,
        viewing_session._is_staged
    from viewing_session
    left join media_version
        on
            viewing_session.media_id = media_version.media_id
            and viewing_session.received_at >= media_version.valid_from
            and viewing_session.received_at < media_version.valid_to
)

select
    session_id,
    received_date_key,
    media_key,
    visitor_key,
    device_key,
    geo_key,
    media_id,
    browser_version,
    percent_viewed,
    watch_seconds,
    received_at,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line,
    _is_staged
from final
