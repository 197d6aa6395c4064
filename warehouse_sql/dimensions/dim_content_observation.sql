-- grain:   one row per title and instant at which a file that describes it was last modified
-- key:     content_id, observed_at
-- reads:   staging.stg_streampulse__content
-- load:    delta of streampulse__content
-- version: 1
-- columns:
--   content_id      The title.
--   observed_at     When the file was last modified that showed this state (UTC); a file has no other date.
--   title           What it is called; null where the file does not say.
--   genre           Its genre.
--   content_type    movie, episode or live.
--   release_year    Year of its release.
--   length_min      Length in minutes; null where it has none.
--   language_name   Language.
--   attribute_hash  Hash of all attributes above: equal hashes are equal states.
--   _extracted_at   When the file was taken (UTC).
--   _raw_sequence   Raw manifest that landed the record.
--   _raw_part       Object of that manifest, from 0.
--   _raw_line       Line of that object, from 1.
--
-- Every observed state is kept, repeated ones too: a late state between two equal ones would be lost if only changes
-- were kept. dim_content is made from these rows alone. Sorted by load, so that the rows of a load lie together;
-- distributed by title, so that a chain is made on one node.
with staged as (
    select
        {{ natural_text('content_id') }} as content_id,
        title,
        genre,
        content_type,
        release_year,
        duration_min as length_min,
        language_name,
        last_modified,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line
    from staging.stg_streampulse__content
),

encoded as (
    select
        staged.*,
        cast(staged.release_year as varchar(16)) as year_text,
        {{ millionths('staged.length_min') }} as length_text
    from staged
),

final as (
    select
        encoded.content_id,
        encoded.last_modified as observed_at,
        encoded.title,
        encoded.genre,
        encoded.content_type,
        encoded.release_year,
        encoded.length_min,
        encoded.language_name,
        {{ attribute_hash([
            'encoded.title', 'encoded.genre', 'encoded.content_type', 'encoded.year_text', 'encoded.length_text', 'encoded.language_name',
        ]) }} as attribute_hash,
        encoded._extracted_at,
        encoded._raw_sequence,
        encoded._raw_part,
        encoded._raw_line
    from encoded
)

select
    content_id,
    observed_at,
    title,
    genre,
    content_type,
    release_year,
    length_min,
    language_name,
    attribute_hash,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line
from final
