-- grain:   one row per user and instant at which a file that describes it was last modified
-- key:     user_id, observed_at
-- reads:   restricted.stg_streampulse__user
-- load:    delta of streampulse__user
-- version: 1
-- columns:
--   user_id            The user.
--   observed_at        When the file was last modified that showed this state (UTC); a file has no other date.
--   subscription_plan  The plan that they pay for; null where the file does not say.
--   region             Where they live.
--   age_group          Age group.
--   signup_date        When they signed up.
--   attribute_hash     Hash of all attributes above: equal hashes are equal states.
--   email_hash         Keyed hash of the e-mail address; no attribute: another address makes no version.
--   _extracted_at      When the file was taken (UTC).
--   _raw_sequence      Raw manifest that landed the record.
--   _raw_part          Object of that manifest, from 0.
--   _raw_line          Line of that object, from 1.
--
-- Every observed state is kept, repeated ones too: a late state between two equal ones would be lost if only changes
-- were kept. dim_user is made from these rows alone. Names do not enter, and of an address its hash: they make no version.
-- Sorted by load, so that the rows of a load lie together; distributed by user, so that a chain is made on one node.
with staged as (
    select
        {{ natural_text('user_id') }} as user_id,
        subscription_plan,
        {{ natural_text('region') }} as region,
        age_group,
        signup_date,
        email_hash,
        last_modified,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line
    from restricted.stg_streampulse__user
),

encoded as (
    select
        staged.*,
        cast(staged.signup_date as varchar(16)) as signup_text
    from staged
),

final as (
    select
        encoded.user_id,
        encoded.last_modified as observed_at,
        encoded.subscription_plan,
        encoded.region,
        encoded.age_group,
        encoded.signup_date,
        {{ attribute_hash([
            'encoded.subscription_plan', 'encoded.region', 'encoded.age_group', 'encoded.signup_text',
        ]) }} as attribute_hash,
        encoded.email_hash,
        encoded._extracted_at,
        encoded._raw_sequence,
        encoded._raw_part,
        encoded._raw_line
    from encoded
)

select
    user_id,
    observed_at,
    subscription_plan,
    region,
    age_group,
    signup_date,
    attribute_hash,
    email_hash,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line
from final
