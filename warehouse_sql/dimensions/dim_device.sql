-- grain:   one row per browser, platform and device type
-- key:     device_key
-- natural: browser, platform, device_type
-- reads:   restricted.stg_wistia__visitor, restricted.stg_wistia__viewing_session
-- load:    members
-- version: 1
-- columns:
--   device_key   Derived from the three attributes.
--   browser      Browser family; Unknown where the source is silent.
--   platform     Operating system; Unknown where the source is silent.
--   device_type  Mobile or Not mobile, as the vendor tells; Unknown where it is silent.
--
-- The browser's version is no part of the grain: it changes every few weeks and would multiply the members without
-- helping a comparison. It stays on the visitor and on the session. Stored on every node: some hundreds of rows.
with visitor as (
    select distinct
        {{ natural_text('browser') }} as browser,
        {{ natural_text('platform') }} as platform,
        is_mobile
    from restricted.stg_wistia__visitor
),

viewing_session as (
    select distinct
        {{ natural_text('browser') }} as browser,
        {{ natural_text('platform') }} as platform,
        is_mobile
    from restricted.stg_wistia__viewing_session
),

described as (
    select visitor.browser, visitor.platform, visitor.is_mobile from visitor
    union all
    select viewing_session.browser, viewing_session.platform, viewing_session.is_mobile from viewing_session
),

final as (
    select distinct
        {{ device_key('described.browser', 'described.platform', 'described.is_mobile') }} as device_key,
        {{ known('described.browser') }} as browser,
        {{ known('described.platform') }} as platform,
        {{ device_type('described.is_mobile') }} as device_type
    from described
)

select
    device_key,
    browser,
    platform,
    device_type
from final
where device_key <> -1
