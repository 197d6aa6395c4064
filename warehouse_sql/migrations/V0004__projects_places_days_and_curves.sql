-- The rest of what Wistia tells: projects, places, counts by day, the account, and the curve of each media.
create table core.dim_project (
    project_key bigint not null,
    project_id varchar(64) not null,
    project_number bigint,
    project_name varchar(2048) not null,
    media_count bigint,
    is_public boolean not null,
    is_inferred boolean not null,
    created_at timestamp,
    updated_at timestamp,
    _extracted_at timestamp,
    _raw_sequence bigint,
    _raw_part integer,
    _raw_line bigint,
    _load_sequence bigint not null
) diststyle all sortkey (project_key);

create table core.dim_geo (
    geo_key bigint not null,
    country varchar(256) not null,
    region varchar(256) not null,
    city varchar(256) not null,
    _load_sequence bigint not null
) diststyle all sortkey (geo_key);

-- Sessions that were loaded before places were kept have the unknown one until they are read again.
alter table core.fct_viewing_session add column geo_key bigint default -1 not null;

create table core.fct_media_day (
    media_id varchar(64) not null,
    activity_date_key integer not null,
    activity_date date not null,
    media_key bigint not null,
    load_count bigint not null,
    play_count bigint not null,
    hours_watched double precision,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (media_id) sortkey (activity_date_key);

create table core.fct_account_snapshot (
    snapshot_date_key integer not null,
    snapshot_date date not null,
    load_count bigint not null,
    play_count bigint not null,
    hours_watched double precision,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) diststyle all sortkey (snapshot_date_key);

create table core.fct_media_engagement (
    media_id varchar(64) not null,
    snapshot_date_key integer not null,
    snapshot_date date not null,
    media_key bigint not null,
    bucket integer not null,
    bucket_count integer not null,
    view_count bigint not null,
    rewatch_count bigint not null,
    engagement double precision,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (media_id) sortkey (snapshot_date_key);

create table core.visitor_media_day (
    visitor_key bigint not null,
    media_id varchar(64) not null,
    activity_date_key integer not null,
    device_key bigint not null,
    geo_key bigint not null,
    session_count bigint not null,
    watch_seconds double precision,
    greatest_percent_viewed double precision,
    average_percent_viewed double precision,
    _load_sequence bigint not null
) distkey (visitor_key) sortkey (activity_date_key);

-- Rows that left a table: rows after a load = rows before it + inserted - deleted.
alter table audit.load_count add column deleted_count bigint default 0 not null;

-- Reserved members: -1 the source sent nothing or nothing usable, -2 does not apply, -3 has not happened yet.
insert into core.dim_project
    (project_key, project_id, project_name, is_public, is_inferred, _load_sequence)
values
    (-1, '(unknown)', 'Unknown', false, false, 0),
    (-2, '(not applicable)', 'Not applicable', false, false, 0),
    (-3, '(not yet)', 'Not yet', false, false, 0);

insert into core.dim_geo
    (geo_key, country, region, city, _load_sequence)
values
    (-1, 'Unknown', 'Unknown', 'Unknown', 0),
    (-2, 'Not applicable', 'Not applicable', 'Not applicable', 0),
    (-3, 'Not yet', 'Not yet', 'Not yet', 0);
