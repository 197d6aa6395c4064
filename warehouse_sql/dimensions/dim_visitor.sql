-- grain:   one row per visitor
-- key:     visitor_key
-- natural: visitor_id
-- reads:   restricted.stg_wistia__visitor, restricted.stg_wistia__viewing_session, staging.visitor_sweep, core.dim_visitor
-- load:    delta of wistia__visitor
-- refs:    device_key core.dim_device
-- version: 1
-- columns:
--   visitor_key      Derived from the visitor's id.
--   visitor_id       The opaque key that the vendor gives a visitor.
--   device_key       The device last seen.
--   browser_version  Version of the browser last seen.
--   last_session_id  The event key of the last session.
--   load_count       Player loads by this visitor since first seen; null while inferred.
--   play_count       Plays by this visitor since first seen; null while inferred.
--   is_identified    Whether the vendor could tie the visitor to a person; who that is stays out of this schema.
--   email_hash       Keyed hash of the e-mail address where the vendor knows one: the same for the same address in every source.
--   is_inferred      Whether the visitor is only known because a session names it.
--   first_seen_at    When first recorded (UTC); may be later than last_active_at by seconds.
--   last_active_at   When last active (UTC).
--   is_purged        Whether the vendor's list has the visitor no more, as the last full sweep of it told.
--   _extracted_at    When the request was sent that showed this state (UTC); null while inferred.
--   _raw_sequence    Raw manifest that landed the record.
--   _raw_part        Object of that manifest, from 0.
--   _raw_line        Line of that object, from 1.
--
-- Type 1: the newest state by last activity, then plays, then loads, then instant of extraction. Names, addresses and
-- organisations do not enter; an address leaves its keyed hash, so that a visitor can be joined with other traces of one
-- person. Purged: last extracted before a full sweep of the list began, and therefore not in it; the next extraction that
-- shows the visitor takes it back. Distributed by key, because visitors are too many to be copied to every node; sorted
-- by key for the merge.
with staged as (
    select
        {{ natural_text('visitor_id') }} as visitor_id,
        {{ natural_text('browser') }} as browser,
        {{ natural_text('platform') }} as platform,
        is_mobile,
        browser_version,
        last_session_id,
        load_count,
        play_count,
        identifying_session_id,
        email_hash,
        first_seen_at,
        last_active_at,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line
    from restricted.stg_wistia__visitor
),

viewing_session as (
    select {{ natural_text('visitor_id') }} as visitor_id from restricted.stg_wistia__viewing_session
),

loaded as (
    select
        visitor_key,
        visitor_id,
        device_key,
        browser_version,
        last_session_id,
        load_count,
        play_count,
        is_identified,
        email_hash,
        is_inferred,
        first_seen_at,
        last_active_at,
        is_purged,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line
    from core.dim_visitor
),

sweep as (
    select max(began_at) as began_at from staging.visitor_sweep
),

described as (
    select
        {{ visitor_key('staged.visitor_id') }} as visitor_key,
        staged.visitor_id,
        {{ device_key('staged.browser', 'staged.platform', 'staged.is_mobile') }} as device_key,
        staged.browser_version,
        staged.last_session_id,
        staged.load_count,
        staged.play_count,
        staged.identifying_session_id is not null as is_identified,
        staged.email_hash,
        false as is_inferred,
        staged.first_seen_at,
        staged.last_active_at,
        nvl(staged._extracted_at < sweep.began_at, false) as is_purged,
        staged._extracted_at,
        staged._raw_sequence,
        staged._raw_part,
        staged._raw_line,
        true as _is_staged
    from staged
    cross join sweep
),

gone as (
    select
        loaded.visitor_key,
        loaded.visitor_id,
        loaded.device_key,
        loaded.browser_version,
        loaded.last_session_id,
        loaded.load_count,
        loaded.play_count,
        loaded.is_identified,
        loaded.email_hash,
        loaded.is_inferred,
        loaded.first_seen_at,
        loaded.last_active_at,
        true as is_purged,
        loaded._extracted_at,
        loaded._raw_sequence,
        loaded._raw_part,
        loaded._raw_line,
        false as _is_staged
    from loaded
    cross join sweep
    left join described on loaded.visitor_key = described.visitor_key
    where loaded._extracted_at < sweep.began_at and not loaded.is_purged and described.visitor_key is null
),

named as (
    select distinct
        {{ visitor_key('viewing_session.visitor_id') }} as visitor_key,
        viewing_session.visitor_id
    from viewing_session
    where viewing_session.visitor_id is not null
),

inferred as (
    select
        named.visitor_key,
        named.visitor_id,
        cast(-1 as bigint) as device_key,
        cast(null as varchar(256)) as browser_version,
        cast(null as varchar(128)) as last_session_id,
        cast(null as bigint) as load_count,
        cast(null as bigint) as play_count,
        false as is_identified,
        cast(null as varchar(64)) as email_hash,
        true as is_inferred,
        cast(null as timestamp) as first_seen_at,
        cast(null as timestamp) as last_active_at,
        false as is_purged,
        cast(null as timestamp) as _extracted_at,
        cast(null as bigint) as _raw_sequence,
        cast(null as integer) as _raw_part,
        cast(null as bigint) as _raw_line,
        false as _is_staged
    from named
    left join described on named.visitor_key = described.visitor_key
    left join loaded on named.visitor_key = loaded.visitor_key
    where described.visitor_key is null and loaded.visitor_key is null
),

final as (
    select * from described
    union all
    select * from gone
    union all
    select * from inferred
)

select
    visitor_key,
    visitor_id,
    device_key,
    browser_version,
    last_session_id,
    load_count,
    play_count,
    is_identified,
    email_hash,
    is_inferred,
    first_seen_at,
    last_active_at,
    is_purged,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line,
    _is_staged
from final
