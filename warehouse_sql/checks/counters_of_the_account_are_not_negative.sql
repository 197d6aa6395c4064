-- check:    lifetime counters of the account are not negative
-- on:       core.fct_account_snapshot
-- severity: fail
--
-- They may fall from one day to the next, but never below nothing.
select
    snapshot_date,
    load_count,
    play_count,
    hours_watched
from core.fct_account_snapshot
where
    _load_sequence >= :load_sequence
    and snapshot_date_key between :within_from and :within_to
    and (load_count < 0 or play_count < 0 or hours_watched < 0)
