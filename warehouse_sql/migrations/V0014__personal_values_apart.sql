-- What identifies a person stands in a schema of its own, which nobody reads by the rights on the others. Rows come with
-- the next states of visitors, sessions and users, or all at once with a replay.
create schema if not exists restricted;

create table restricted.visitor_identity (
    visitor_id varchar(128) not null,
    visitor_key bigint not null,
    visitor_name varchar(1024),
    visitor_email varchar(1024),
    email_hash varchar(64),
    organisation_name varchar(1024),
    organisation_title varchar(1024),
    last_active_at timestamp not null,
    play_count bigint not null,
    load_count bigint not null,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (visitor_key) sortkey (visitor_key);

create table restricted.session_location (
    session_id varchar(128) not null,
    received_date_key integer not null,
    visitor_key bigint not null,
    ip_address varchar(64),
    latitude double precision,
    longitude double precision,
    organisation_name varchar(1024),
    viewer_email varchar(1024),
    conversion_data varchar(8192),
    received_at timestamp not null,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (session_id) sortkey (received_date_key);

create table restricted.user_profile (
    user_id varchar(128) not null,
    name varchar(1024),
    email varchar(1024),
    email_hash varchar(64),
    last_modified timestamp not null,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (user_id) sortkey (user_id);

alter table core.dim_user_observation add column email_hash varchar(64);

alter table core.dim_user add column email_hash varchar(64);
