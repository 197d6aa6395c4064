-- grain:   one row per viewing session
-- key:     session_id
-- within:  received_date_key
-- reads:   restricted.stg_wistia__viewing_session
-- load:    delta of wistia__viewing_session
-- dated:   received_at
-- refs:    received_date_key core.dim_date, visitor_key core.dim_visitor
-- version: 1
-- columns:
--   session_id         The event key.
--   received_date_key  UTC day on which the session was received.
--   visitor_key        The visitor in core.
--   ip_address         IP address of the viewer.
--   latitude           Latitude in degrees, where the vendor knows it.
--   longitude          Longitude in degrees, where the vendor knows it.
--   organisation_name  Organisation or access provider of the IP address.
--   viewer_email       E-mail address of the viewer.
--   conversion_data    What the viewer typed into a form, as JSON text.
--   received_at        When the session was received (UTC).
--   _extracted_at      When the request was sent that showed this state (UTC).
--   _raw_sequence      Raw manifest that landed the record.
--   _raw_part          Object of that manifest, from 0.
--   _raw_line          Line of that object, from 1.
--
-- Where a session came from, as exactly as the vendor tells it; core.dim_geo has the country, region and city of it.
-- Distributed as core.fct_viewing_session, with which it is joined by session; sorted by day, by which it is joined
-- and by which it can be let go.
with staged as (
    select
        {{ natural_text('session_id') }} as session_id,
        {{ visitor_key(natural_text('visitor_id')) }} as visitor_key,
        ip_address,
        latitude,
        longitude,
        organisation_name,
        viewer_email,
        conversion_data,
        received_at,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line
    from restricted.stg_wistia__viewing_session
),

final as (
    select
        staged.session_id,
        {{ date_key('staged.received_at') }} as received_date_key,
        staged.visitor_key,
        staged.ip_address,
        staged.latitude,
        staged.longitude,
        staged.organisation_name,
        staged.viewer_email,
        staged.conversion_data,
        staged.received_at,
        staged._extracted_at,
        staged._raw_sequence,
        staged._raw_part,
        staged._raw_line
    from staged
)

select
    session_id,
    received_date_key,
    visitor_key,
    ip_address,
    latitude,
    longitude,
    organisation_name,
    viewer_email,
    conversion_data,
    received_at,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line
from final
