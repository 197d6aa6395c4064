select
    rebuild_sequence, run_id, release_hash, upto_load, built_at, published_at, newest_load_before, closed_at
from audit.replay
where was_undone is null;

select note from audit.replay_lock;
