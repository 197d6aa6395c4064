-- grain:   one row per media and period in which its attributes did not change
-- key:     media_key
-- natural: media_id, valid_from
-- reads:   core.dim_media_observation, core.dim_media, staging.media_channel_setting, restricted.stg_wistia__viewing_session, staging.stg_wistia__media_snapshot, staging.stg_wistia__media_day, staging.stg_wistia__media_engagement
-- load:    chain by media_id
-- refs:    channel_key core.dim_channel
-- version: 1
-- columns:
--   media_key         Derived from the media and the start of the version.
--   media_id          The hashed id that the player and the Stats API use.
--   channel_key       The channel (type 1: the same in all versions of a media).
--   media_number      The numeric id of the Data API.
--   media_name        The title.
--   media_type        Video, Audio, Image, PdfDocument, ...
--   project_id        The hashed id of its project.
--   project_name      The name of its project.
--   section_name      The section of its project; Not applicable where it is in none.
--   duration_seconds  Length in seconds; pages for documents; null where the source has none.
--   is_archived       Whether the media is archived.
--   created_at        When it was created (UTC).
--   attribute_hash    Hash of the attributes, channel excepted.
--   valid_from        First instant of the version (UTC); 1900-01-01 for the first version of a media.
--   valid_to          First instant after the version; 9999-12-31 while it is current.
--   is_current        Whether it is the newest version of its media.
--   is_inferred       Whether the media is only known because a fact names it.
--
-- The chain of a media is made anew from all its observations when an observation of this load contradicts the version
-- valid at its instant; a repeated state contradicts nothing, so a day without changes makes no chain. The first version
-- is valid from the beginning, so an inferred member is the first version and keeps its key when it is completed.
-- Stored on every node: thousands of rows at most, joined by every fact.
with observation as (
    select * from core.dim_media_observation
),

version as (
    select * from core.dim_media
    where media_key > 0
),

setting as (
    select
        {{ natural_text('media_id') }} as media_id,
        {{ natural_text('channel_name') }} as channel_name
    from staging.media_channel_setting
),

contradicted as (
    select distinct observation.media_id
    from observation
    left join version
        on
            observation.media_id = version.media_id
            and observation.observed_at >= version.valid_from
            and observation.observed_at < version.valid_to
    where
        observation._load_sequence = :load_sequence
        and (version.media_key is null or version.is_inferred or version.attribute_hash <> observation.attribute_hash)
),

named_by_fact as (
    select {{ natural_text('media_id') }} as media_id from restricted.stg_wistia__viewing_session
    union
    select {{ natural_text('media_id') }} as media_id from staging.stg_wistia__media_snapshot
    union
    select {{ natural_text('media_id') }} as media_id from staging.stg_wistia__media_day
    union
    select {{ natural_text('media_id') }} as media_id from staging.stg_wistia__media_engagement
),

unknown_media as (
    select named_by_fact.media_id
    from named_by_fact
    left join version on named_by_fact.media_id = version.media_id
    where version.media_id is null
),

rechannelled as (
    select version.media_id
    from version
    left join setting on version.media_id = setting.media_id
    where
        version.is_current
        and version.channel_key <> {{ channel_key(channel_name('setting.channel_name', 'version.media_name')) }}
),

touched as (
    select contradicted.media_id from contradicted
    union
    select unknown_media.media_id from unknown_media
    union
    select rechannelled.media_id from rechannelled
),

{{ version_starts('media_id') }},

chained as (
    select
        started.media_id,
        started.media_number,
        {{ known('started.media_name') }} as media_name,
        {{ known('started.media_type') }} as media_type,
        {{ known('started.project_id') }} as project_id,
        {{ known('started.project_name') }} as project_name,
        {{ known('started.section_name', 'Not applicable') }} as section_name,
        started.duration_seconds,
        nvl(started.is_archived, false) as is_archived,
        started.created_at,
        started.attribute_hash,
        started.valid_from,
        {{ version_end('media_id') }} as valid_to,
        false as is_inferred
    from started
),

inferred as (
    select
        touched.media_id,
        cast(null as bigint) as media_number,
        cast('Unknown' as varchar(2048)) as media_name,
        cast('Unknown' as varchar(64)) as media_type,
        cast('Unknown' as varchar(64)) as project_id,
        cast('Unknown' as varchar(2048)) as project_name,
        cast('Unknown' as varchar(2048)) as section_name,
        cast(null as double precision) as duration_seconds,
        false as is_archived,
        cast(null as timestamp) as created_at,
        cast('' as varchar(32)) as attribute_hash,
        {{ beginning() }} as valid_from,
        {{ forever() }} as valid_to,
        true as is_inferred
    from touched
    left join observation on touched.media_id = observation.media_id
    where observation.media_id is null
),

member as (
    select * from chained
    union all
    select * from inferred
),

newest as (
    select
        member.media_id,
        {{ channel_name('setting.channel_name', 'member.media_name') }} as channel_name
    from member
    left join setting on member.media_id = setting.media_id
    where member.valid_to = '9999-12-31'
),

final as (
    select
        {{ media_key('member.media_id', 'member.valid_from') }} as media_key,
        member.media_id,
        {{ channel_key('newest.channel_name') }} as channel_key,
        member.media_number,
        member.media_name,
        member.media_type,
        member.project_id,
        member.project_name,
        member.section_name,
        member.duration_seconds,
        member.is_archived,
        member.created_at,
        member.attribute_hash,
        member.valid_from,
        member.valid_to,
        member.valid_to = '9999-12-31' as is_current,
        member.is_inferred
    from member
    inner join newest on member.media_id = newest.media_id
)

select
    media_key,
    media_id,
    channel_key,
    media_number,
    media_name,
    media_type,
    project_id,
    project_name,
    section_name,
    duration_seconds,
    is_archived,
    created_at,
    attribute_hash,
    valid_from,
    valid_to,
    is_current,
    is_inferred
from final
