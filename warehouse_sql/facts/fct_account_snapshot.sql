-- grain:   one row per day on which the statistics of the account were asked for
-- key:     snapshot_date
-- within:  snapshot_date_key
-- reads:   staging.stg_wistia__account_snapshot
-- load:    delta of wistia__account_snapshot
-- refs:    snapshot_date_key core.dim_date
-- version: 1
-- columns:
--   snapshot_date_key  UTC day on which the request was sent.
--   snapshot_date      The same as a date.
--   load_count         Player loads in the account since it was made.
--   play_count         Plays in the account since it was made.
--   hours_watched      Hours watched in the account since it was made.
--   _extracted_at      When the request was sent (UTC); the latest of a day wins.
--   _raw_sequence      Raw manifest that landed the record.
--   _raw_part          Object of that manifest, from 0.
--   _raw_line          Line of that object, from 1.
--
-- Lifetime counters of the whole account, medias that were deleted since included. They fall as well as rise: never sum
-- them over days, and do not read a difference of two days as what happened in between. Stored on every node: a row a day.
with staged as (
    select
        snapshot_date,
        load_count,
        play_count,
        hours_watched,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line
    from staging.stg_wistia__account_snapshot
),

final as (
    select
        {{ date_key('staged.snapshot_date') }} as snapshot_date_key,
        staged.snapshot_date,
        staged.load_count,
        staged.play_count,
        staged.hours_watched,
        staged._extracted_at,
        staged._raw_sequence,
        staged._raw_part,
        staged._raw_line
    from staged
)

select
    snapshot_date_key,
    snapshot_date,
    load_count,
    play_count,
    hours_watched,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line
from final
