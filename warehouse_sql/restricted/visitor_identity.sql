-- grain:   one row per visitor that the list of visitors showed
-- key:     visitor_id
-- reads:   restricted.stg_wistia__visitor
-- load:    delta of wistia__visitor
-- dated:   last_active_at
-- refs:    visitor_key core.dim_visitor
-- version: 1
-- columns:
--   visitor_id          The opaque key that the vendor gives a visitor.
--   visitor_key         The visitor in core.
--   visitor_name        Name, where the vendor knows one.
--   visitor_email       E-mail address.
--   email_hash          Keyed hash of the e-mail address; the same for the same address in every source.
--   organisation_name   Organisation.
--   organisation_title  Position in the organisation.
--   last_active_at      When last active (UTC).
--   play_count          Plays by this visitor since first seen.
--   load_count          Player loads by this visitor since first seen.
--   _extracted_at       When the request was sent that showed this state (UTC).
--   _raw_sequence       Raw manifest that landed the record.
--   _raw_part           Object of that manifest, from 0.
--   _raw_line           Line of that object, from 1.
--
-- Type 1: the newest state alone, by the same rule as core.dim_visitor, because nobody needs who somebody was before.
-- Most visitors are known by their key alone and have a row without a name, so that a name that the vendor takes back
-- goes here too. Distributed and sorted as core.dim_visitor, with which it is joined.
with staged as (
    select
        {{ natural_text('visitor_id') }} as visitor_id,
        visitor_name,
        visitor_email,
        email_hash,
        organisation_name,
        organisation_title,
        last_active_at,
        play_count,
        load_count,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line
    from restricted.stg_wistia__visitor
),

final as (
    select
        staged.visitor_id,
        {{ visitor_key('staged.visitor_id') }} as visitor_key,
        staged.visitor_name,
        staged.visitor_email,
        staged.email_hash,
        staged.organisation_name,
        staged.organisation_title,
        staged.last_active_at,
        staged.play_count,
        staged.load_count,
        staged._extracted_at,
        staged._raw_sequence,
        staged._raw_part,
        staged._raw_line
    from staged
)

select
    visitor_id,
    visitor_key,
    visitor_name,
    visitor_email,
    email_hash,
    organisation_name,
    organisation_title,
    last_active_at,
    play_count,
    load_count,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line
from final
