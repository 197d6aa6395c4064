-- What each erasure did, in its own transaction, so that its receipt tells the whole whoever was killed behind it; and what
-- was let go of because it is not kept for longer. Counts and names of tables, and nothing of what stood in the rows.
create table audit.erasure_count (
    erasure_sequence bigint not null,
    run_id varchar(64) not null,
    table_name varchar(128) not null,
    deleted_count bigint not null,
    restated_day_count bigint not null
);

create table audit.retention (
    run_id varchar(64) not null,
    table_name varchar(128) not null,
    kept_from timestamp not null,
    deleted_count bigint not null,
    let_go_at timestamp not null
);
