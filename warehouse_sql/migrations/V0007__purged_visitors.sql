-- Visitors that the source has no more: a full sweep of its list tells, by the instant at which it began.
alter table core.dim_visitor add column is_purged boolean default false not null;

create table staging.visitor_sweep (
    began_at timestamp not null
) diststyle all;
