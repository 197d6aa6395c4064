-- One row per replay whose tables were built: until it is published they stand beside those that are read, as
-- <name>__next; from then on those of before stand there as <name>__previous, until a load or an undo ends that.
create table audit.replay (
    rebuild_sequence bigint not null,
    run_id varchar(64) not null,
    release_hash varchar(64) not null,
    upto_load bigint not null,
    built_at timestamp not null,
    published_at timestamp,
    newest_load_before bigint,
    closed_at timestamp,
    was_undone boolean default false not null
) diststyle all;

-- Holds no rows. Whoever replays locks it first, so that there is one replay at a time beside the loads.
create table audit.replay_lock (
    note varchar(16)
) diststyle all;
