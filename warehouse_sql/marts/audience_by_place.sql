-- grain:   one row per country, region and city
-- key:     country, region, city
-- reads:   core.fct_viewing_session, core.dim_geo
-- load:    view
-- version: 1
-- columns:
--   country                 Country code; Unknown where the source is silent.
--   region                  Region; Unknown where the source is silent.
--   city                    City; Unknown where the source is silent.
--   session_count           Viewing sessions from there.
--   visitor_count           Distinct visitors of these sessions; never sum it over places.
--   average_percent_viewed  Mean share of the media that these sessions viewed, 0 to 1; null where none is known.
--   watch_hours             Hours that these sessions watched; null where none is known.
--
-- Sessions add up over places to all sessions, those of nowhere known included. A visitor who travels is counted in each
-- place, so visitors do not add up: ask fct_viewing_session for those of a country. Places are the vendor's guess from
-- the network address: right about the country as a rule, about the city often not.
with viewing_session as (
    select * from core.fct_viewing_session
),

geo as (
    select * from core.dim_geo
),

session_total as (
    select
        viewing_session.geo_key,
        count(*) as session_count,
        count(distinct case when viewing_session.visitor_key > 0 then viewing_session.visitor_key end) as visitor_count,
        {{ exact_sum('viewing_session.percent_viewed') }}
        / nullif(count(viewing_session.percent_viewed), 0) as average_percent_viewed,
        {{ exact_sum('viewing_session.watch_seconds') }} / 3600 as watch_hours
    from viewing_session
    group by viewing_session.geo_key
),

final as (
    select
        geo.country,
        geo.region,
        geo.city,
        session_total.session_count,
        session_total.visitor_count,
        session_total.average_percent_viewed,
        session_total.watch_hours
    from session_total
    inner join geo on session_total.geo_key = geo.geo_key
)

select
    country,
    region,
    city,
    session_count,
    visitor_count,
    average_percent_viewed,
    watch_hours
from final
