-- Which requests to forget somebody this warehouse has done, in the transaction in which the rows went.
create table audit.erasure (
    erasure_sequence bigint not null,
    run_id varchar(64) not null,
    erased_at timestamp not null
);
