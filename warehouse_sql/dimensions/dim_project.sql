-- grain:   one row per project
-- key:     project_key
-- natural: project_id
-- reads:   staging.stg_wistia__project, staging.stg_wistia__media, core.dim_project
-- load:    delta of wistia__project
-- differs: project_name, is_public
-- version: 1
-- columns:
--   project_key     Derived from the project's id.
--   project_id      The hashed id by which medias name their project.
--   project_number  The numeric id of the Data API.
--   project_name    Its present name; Unknown while inferred.
--   media_count     Medias in it as the vendor counts them, archived ones included; null while inferred.
--   is_public       Whether it has a public page; false where the source does not say.
--   is_inferred     Whether the project is only known because a media names it.
--   created_at      When it was created (UTC).
--   updated_at      When it was last edited (UTC); plays do not move it.
--   _extracted_at   When the request was sent that showed this state (UTC); null while inferred.
--   _raw_sequence   Raw manifest that landed the record.
--   _raw_part       Object of that manifest, from 0.
--   _raw_line       Line of that object, from 1.
--
-- Type 1: the newest state. What a media's project was called when a version of the media was valid stands in dim_media,
-- which names it by project_id. A project that a token may not list is inferred from its medias. Stored on every node:
-- hundreds of rows.
with staged as (
    select
        {{ natural_text('project_id') }} as project_id,
        project_number,
        project_name,
        media_count,
        is_public,
        created_at,
        updated_at,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line
    from staging.stg_wistia__project
),

media as (
    select {{ natural_text('project_id') }} as project_id from staging.stg_wistia__media
),

loaded as (
    select project_key from core.dim_project
),

described as (
    select
        {{ surrogate_key('wistia', ['staged.project_id']) }} as project_key,
        staged.project_id,
        staged.project_number,
        {{ known('staged.project_name') }} as project_name,
        staged.media_count,
        nvl(staged.is_public, false) as is_public,
        false as is_inferred,
        staged.created_at,
        staged.updated_at,
        staged._extracted_at,
        staged._raw_sequence,
        staged._raw_part,
        staged._raw_line,
        true as _is_staged
    from staged
),

named as (
    select distinct
        {{ surrogate_key('wistia', ['media.project_id']) }} as project_key,
        media.project_id
    from media
    where media.project_id is not null
),

inferred as (
    select
        named.project_key,
        named.project_id,
        cast(null as bigint) as project_number,
        cast('Unknown' as varchar(2048)) as project_name,
        cast(null as bigint) as media_count,
        false as is_public,
        true as is_inferred,
        cast(null as timestamp) as created_at,
        cast(null as timestamp) as updated_at,
        cast(null as timestamp) as _extracted_at,
        cast(null as bigint) as _raw_sequence,
        cast(null as integer) as _raw_part,
        cast(null as bigint) as _raw_line,
        false as _is_staged
    from named
    left join described on named.project_key = described.project_key
    left join loaded on named.project_key = loaded.project_key
    where described.project_key is null and loaded.project_key is null
),

final as (
    select * from described
    union all
    select * from inferred
)

select
    project_key,
    project_id,
    project_number,
    project_name,
    media_count,
    is_public,
    is_inferred,
    created_at,
    updated_at,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line,
    _is_staged
from final
