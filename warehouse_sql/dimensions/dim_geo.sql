-- grain:   one row per country, region and city
-- key:     geo_key
-- natural: country, region, city
-- reads:   restricted.stg_wistia__viewing_session
-- load:    members
-- version: 1
-- columns:
--   geo_key  Derived from the three attributes.
--   country  Country code; Unknown where the source is silent.
--   region   Region; Unknown where the source is silent.
--   city     City; Unknown where the source is silent.
--
-- Where a session's address was looked up by the vendor: a guess from a network address, and no finer than a city.
-- Latitude and longitude do not enter: they tell a person's place. Members are added and never removed. Stored on every
-- node: some ten thousand rows. Places are told apart before they are hashed: there are far fewer of them than of sessions.
with viewing_session as (
    select distinct
        {{ natural_text('country') }} as country,
        {{ natural_text('region') }} as region,
        {{ natural_text('city') }} as city
    from restricted.stg_wistia__viewing_session
),

final as (
    select distinct
        {{ geo_key('viewing_session.country', 'viewing_session.region', 'viewing_session.city') }} as geo_key,
        {{ known('viewing_session.country') }} as country,
        {{ known('viewing_session.region') }} as region,
        {{ known('viewing_session.city') }} as city
    from viewing_session
)

select
    geo_key,
    country,
    region,
    city
from final
where geo_key <> -1
