-- The keyed hash of a visitor's e-mail address. Visitors loaded before have none until they are extracted again, or
-- until the warehouse is made anew.
alter table core.dim_visitor add column email_hash varchar(64);
