-- grain:   one row per user that a file of profiles describes
-- key:     user_id
-- reads:   restricted.stg_streampulse__user
-- load:    delta of streampulse__user
-- newest:  last_modified
-- dated:   last_modified
-- version: 1
-- columns:
--   user_id        The user.
--   name           Name.
--   email          E-mail address.
--   email_hash     Keyed hash of the e-mail address; the same for the same address in every source.
--   last_modified  When the file was last modified that showed this state (UTC).
--   _extracted_at  When the file was taken (UTC).
--   _raw_sequence  Raw manifest that landed the record.
--   _raw_part      Object of that manifest, from 0.
--   _raw_line      Line of that object, from 1.
--
-- Type 1: the state of the newest file alone, because nobody needs who somebody was before; the versions of
-- core.dim_user hold no names. Distributed and sorted by user, by whom it is joined.
with staged as (
    select
        {{ natural_text('user_id') }} as user_id,
        name,
        email,
        email_hash,
        last_modified,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line
    from restricted.stg_streampulse__user
),

final as (
    select * from staged
)

select
    user_id,
    name,
    email,
    email_hash,
    last_modified,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line
from final
