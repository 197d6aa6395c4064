-- grain:   one row per media and instant at which it was observed
-- key:     media_id, observed_at
-- reads:   staging.stg_wistia__media
-- load:    delta of wistia__media
-- version: 1
-- columns:
--   media_id          The hashed id of the media.
--   observed_at       When the request was sent whose answer showed this state (UTC).
--   media_number      The numeric id of the Data API.
--   media_name        The title.
--   media_type        Video, Audio, Image, PdfDocument, ...
--   project_id        The hashed id of its project.
--   project_name      The name of its project.
--   section_name      The section of its project; null where it is in none.
--   duration_seconds  Length in seconds; null where the source has none.
--   is_archived       Whether the media is archived.
--   created_at        When it was created (UTC).
--   attribute_hash    Hash of all attributes above: equal hashes are equal states.
--   _extracted_at     Equal to observed_at.
--   _raw_sequence     Raw manifest that landed the record.
--   _raw_part         Object of that manifest, from 0.
--   _raw_line         Line of that object, from 1.
--
-- Every observed state is kept, repeated ones too: a late state between two equal ones would be lost if only changes
-- were kept. dim_media is made from these rows alone. Sorted by load, so that the rows of a load lie together;
-- distributed by media, so that a chain is made on one node.
with staged as (
    select
        {{ natural_text('media_id') }} as media_id,
        media_number,
        media_name,
        media_type,
        {{ natural_text('project_id') }} as project_id,
        project_name,
        section_name,
        duration_seconds,
        is_archived,
        created_at,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line
    from staging.stg_wistia__media
),

encoded as (
    select
        staged.*,
        {{ millionths('staged.duration_seconds') }} as duration_text,
        cast(staged.media_number as varchar(32)) as number_text,
        cast(staged.is_archived as integer) as archived_number,
        cast(staged.created_at as varchar(32)) as created_text
    from staged
),

final as (
    select
        encoded.media_id,
        encoded._extracted_at as observed_at,
        encoded.media_number,
        encoded.media_name,
        encoded.media_type,
        encoded.project_id,
        encoded.project_name,
        encoded.section_name,
        encoded.duration_seconds,
        encoded.is_archived,
        encoded.created_at,
        {{ attribute_hash([
            'encoded.media_name', 'encoded.project_id', 'encoded.project_name', 'encoded.section_name',
            'encoded.duration_text', 'cast(encoded.archived_number as varchar(1))', 'encoded.media_type',
            'encoded.number_text', 'encoded.created_text',
        ]) }} as attribute_hash,
        encoded._extracted_at,
        encoded._raw_sequence,
        encoded._raw_part,
        encoded._raw_line
    from encoded
)

select
    media_id,
    observed_at,
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
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line
from final
