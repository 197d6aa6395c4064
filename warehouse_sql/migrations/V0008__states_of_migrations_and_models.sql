-- How far a migration came that cannot run in a transaction, which releases can work with one, and by which version of
-- its model a table was made.

-- The newest migration that a release must know at least to work with a warehouse that has this one.
alter table audit.migration add column needs_version integer default 0 not null;

-- Null for what has no version: staging tables.
alter table audit.repeatable add column model_version integer;

-- One row per statement that ran outside of a transaction: begun and not finished where it was cut off or refused.
create table audit.migration_step (
    version integer not null,
    statement_number integer not null,
    checksum varchar(64) not null,
    began_at timestamp not null,
    finished_at timestamp,
    refusal varchar(4096)
) diststyle all;
