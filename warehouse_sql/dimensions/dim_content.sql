-- grain:   one row per title and period in which its attributes did not change
-- key:     content_key
-- natural: content_id, valid_from
-- reads:   core.dim_content_observation, core.dim_content, staging.stg_streampulse__playback
-- load:    chain by content_id
-- version: 1
-- columns:
--   content_key     Derived from the title and the start of the version.
--   content_id      The title.
--   title           What it is called.
--   genre           Its genre.
--   content_type    movie, episode or live.
--   release_year    Year of its release.
--   length_min      Length in minutes; null where it has none.
--   language_name   Language.
--   attribute_hash  Hash of the attributes.
--   valid_from      First instant of the version (UTC); 1900-01-01 for the first version of a title.
--   valid_to        First instant after the version; 9999-12-31 while it is current.
--   is_current      Whether it is the newest version of its title.
--   is_inferred     Whether the title is only known because a playback names it.
--
-- The chain of a title is made anew from all its observations when an observation of this load contradicts the version
-- valid at its instant. The first version is valid from the beginning, so an inferred member is the first version and
-- keeps its key when it is completed. Stored on every node: thousands of rows, joined by every playback.
with observation as (
    select * from core.dim_content_observation
),

version as (
    select * from core.dim_content
    where content_key > 0
),

contradicted as (
    select distinct observation.content_id
    from observation
    left join version
        on
            observation.content_id = version.content_id
            and observation.observed_at >= version.valid_from
            and observation.observed_at < version.valid_to
    where
        observation._load_sequence = :load_sequence
        and (version.content_key is null or version.is_inferred or version.attribute_hash <> observation.attribute_hash)
),

named_by_fact as (
    select distinct {{ natural_text('content_id') }} as content_id from staging.stg_streampulse__playback
),

unknown_content as (
    select named_by_fact.content_id
    from named_by_fact
    left join version on named_by_fact.content_id = version.content_id
    where version.content_id is null
),

touched as (
    select contradicted.content_id from contradicted
    union
    select unknown_content.content_id from unknown_content
),

{{ version_starts('content_id') }},

chained as (
    select
        started.content_id,
        {{ known('started.title') }} as title,
        {{ known('started.genre') }} as genre,
        {{ known('started.content_type') }} as content_type,
        started.release_year,
        started.length_min,
        {{ known('started.language_name') }} as language_name,
        started.attribute_hash,
        started.valid_from,
        {{ version_end('content_id') }} as valid_to,
        false as is_inferred
    from started
),

inferred as (
    select
        touched.content_id,
        cast('Unknown' as varchar(2048)) as title,
        cast('Unknown' as varchar(256)) as genre,
        cast('Unknown' as varchar(64)) as content_type,
        cast(null as integer) as release_year,
        cast(null as double precision) as length_min,
        cast('Unknown' as varchar(64)) as language_name,
        cast('' as varchar(32)) as attribute_hash,
        {{ beginning() }} as valid_from,
        {{ forever() }} as valid_to,
        true as is_inferred
    from touched
    left join observation on touched.content_id = observation.content_id
    where observation.content_id is null
),

member as (
    select * from chained
    union all
    select * from inferred
),

final as (
    select
        {{ content_key('member.content_id', 'member.valid_from') }} as content_key,
        member.content_id,
        member.title,
        member.genre,
        member.content_type,
        member.release_year,
        member.length_min,
        member.language_name,
        member.attribute_hash,
        member.valid_from,
        member.valid_to,
        member.valid_to = '9999-12-31' as is_current,
        member.is_inferred
    from member
)

select
    content_key,
    content_id,
    title,
    genre,
    content_type,
    release_year,
    length_min,
    language_name,
    attribute_hash,
    valid_from,
    valid_to,
    is_current,
    is_inferred
from final
