-- grain:   one row per user and period in which its attributes did not change
-- key:     user_key
-- natural: user_id, valid_from
-- reads:   core.dim_user_observation, core.dim_user, staging.stg_streampulse__playback
-- load:    chain by user_id
-- version: 1
-- columns:
--   user_key           Derived from the user and the start of the version.
--   user_id            The user.
--   subscription_plan  The plan that they pay for.
--   region             Where they live.
--   age_group          Age group.
--   signup_date        When they signed up.
--   attribute_hash     Hash of the attributes.
--   email_hash         Keyed hash of the e-mail address last told, on all versions: the same for the same address in every source.
--   valid_from         First instant of the version (UTC); 1900-01-01 for the first version of a user.
--   valid_to           First instant after the version; 9999-12-31 while it is current.
--   is_current         Whether it is the newest version of its user.
--   is_inferred        Whether the user is only known because a playback names it.
--
-- A profile has no date of its own: its file's is the start of the version, so a plan that changes in the middle of a
-- day divides the playbacks of that day. The chain of a user is made anew from all observations when one of this load
-- contradicts the version valid at its instant. The first version is valid from the beginning, so an inferred member is
-- the first version and keeps its key when it is completed. An address is type 1: when it changes, all versions of the
-- user have the hash of the new one. Distributed and sorted by user, by whom playbacks and chains find their versions:
-- users are too many to be copied to every node.
with observation as (
    select * from core.dim_user_observation
),

version as (
    select * from core.dim_user
    where user_key > 0
),

contradicted as (
    select distinct observation.user_id
    from observation
    left join version
        on
            observation.user_id = version.user_id
            and observation.observed_at >= version.valid_from
            and observation.observed_at < version.valid_to
    where
        observation._load_sequence = :load_sequence
        and (
            version.user_key is null
            or version.is_inferred
            or version.attribute_hash <> observation.attribute_hash
            or nvl(version.email_hash, '') <> nvl(observation.email_hash, '')
        )
),

named_by_fact as (
    select distinct {{ natural_text('user_id') }} as user_id from staging.stg_streampulse__playback
),

unknown_user as (
    select named_by_fact.user_id
    from named_by_fact
    left join version on named_by_fact.user_id = version.user_id
    where version.user_id is null
),

touched as (
    select contradicted.user_id from contradicted
    union
    select unknown_user.user_id from unknown_user
),

{% set newest_email_hash -%}
first_value(observation.email_hash) over (
            partition by observation.user_id
            order by observation.observed_at desc
            rows between unbounded preceding and unbounded following
        ) as newest_email_hash
{%- endset -%}

{{ version_starts('user_id', also=[newest_email_hash]) }},

chained as (
    select
        started.user_id,
        {{ known('started.subscription_plan') }} as subscription_plan,
        {{ known('started.region') }} as region,
        {{ known('started.age_group') }} as age_group,
        started.signup_date,
        started.attribute_hash,
        started.newest_email_hash as email_hash,
        started.valid_from,
        {{ version_end('user_id') }} as valid_to,
        false as is_inferred
    from started
),

inferred as (
    select
        touched.user_id,
        cast('Unknown' as varchar(64)) as subscription_plan,
        cast('Unknown' as varchar(256)) as region,
        cast('Unknown' as varchar(64)) as age_group,
        cast(null as date) as signup_date,
        cast('' as varchar(32)) as attribute_hash,
        cast(null as varchar(64)) as email_hash,
        {{ beginning() }} as valid_from,
        {{ forever() }} as valid_to,
        true as is_inferred
    from touched
    left join observation on touched.user_id = observation.user_id
    where observation.user_id is null
),

member as (
    select * from chained
    union all
    select * from inferred
),

final as (
    select
        {{ user_key('member.user_id', 'member.valid_from') }} as user_key,
        member.user_id,
        member.subscription_plan,
        member.region,
        member.age_group,
        member.signup_date,
        member.attribute_hash,
        member.email_hash,
        member.valid_from,
        member.valid_to,
        member.valid_to = '9999-12-31' as is_current,
        member.is_inferred
    from member
)

select
    user_key,
    user_id,
    subscription_plan,
    region,
    age_group,
    signup_date,
    attribute_hash,
    email_hash,
    valid_from,
    valid_to,
    is_current,
    is_inferred
from final
