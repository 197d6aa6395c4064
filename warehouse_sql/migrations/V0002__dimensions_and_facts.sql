-- The dimensional core. What each column means stands in the header of the table's model file.
-- No primary or foreign keys are declared: Redshift does not enforce them, yet its planner trusts them; checks prove them.
create table core.dim_date (
    date_key integer not null,
    calendar_date date,
    calendar_year smallint,
    calendar_quarter smallint,
    calendar_month smallint,
    day_of_month smallint,
    day_of_week smallint,
    day_name varchar(16) not null,
    month_name varchar(16) not null,
    week_start_date date,
    month_start_date date,
    is_weekend boolean not null,
    _load_sequence bigint not null
) diststyle all sortkey (date_key);

create table core.dim_channel (
    channel_key bigint not null,
    channel_name varchar(256) not null,
    _load_sequence bigint not null
) diststyle all sortkey (channel_key);

create table core.dim_device (
    device_key bigint not null,
    browser varchar(256) not null,
    platform varchar(256) not null,
    device_type varchar(16) not null,
    _load_sequence bigint not null
) diststyle all sortkey (device_key);

create table core.dim_media_observation (
    media_id varchar(64) not null,
    observed_at timestamp not null,
    media_number bigint,
    media_name varchar(2048),
    media_type varchar(64),
    project_id varchar(64),
    project_name varchar(2048),
    section_name varchar(2048),
    duration_seconds double precision,
    is_archived boolean,
    created_at timestamp,
    attribute_hash varchar(32) not null,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (media_id) sortkey (_load_sequence);

create table core.dim_media (
    media_key bigint not null,
    media_id varchar(64) not null,
    channel_key bigint not null,
    media_number bigint,
    media_name varchar(2048) not null,
    media_type varchar(64) not null,
    project_id varchar(64) not null,
    project_name varchar(2048) not null,
    section_name varchar(2048) not null,
    duration_seconds double precision,
    is_archived boolean not null,
    created_at timestamp,
    attribute_hash varchar(32) not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    is_current boolean not null,
    is_inferred boolean not null,
    _load_sequence bigint not null
) diststyle all sortkey (media_id, valid_from);

create table core.dim_visitor (
    visitor_key bigint not null,
    visitor_id varchar(128) not null,
    device_key bigint not null,
    browser_version varchar(256),
    last_session_id varchar(128),
    load_count bigint,
    play_count bigint,
    is_identified boolean not null,
    is_inferred boolean not null,
    first_seen_at timestamp,
    last_active_at timestamp,
    _extracted_at timestamp,
    _raw_sequence bigint,
    _raw_part integer,
    _raw_line bigint,
    _load_sequence bigint not null
) distkey (visitor_key) sortkey (visitor_key);

create table core.fct_viewing_session (
    session_id varchar(128) not null,
    received_date_key integer not null,
    media_key bigint not null,
    visitor_key bigint not null,
    device_key bigint not null,
    media_id varchar(64) not null,
    browser_version varchar(256),
    percent_viewed double precision,
    watch_seconds double precision,
    received_at timestamp not null,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (session_id) sortkey (received_date_key, media_key);

create table core.fct_media_snapshot (
    media_id varchar(64) not null,
    snapshot_date_key integer not null,
    snapshot_date date not null,
    media_key bigint not null,
    load_count bigint not null,
    play_count bigint not null,
    visitor_count bigint,
    play_rate double precision,
    hours_watched double precision,
    engagement double precision,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (media_id) sortkey (snapshot_date_key);

-- Reserved members: -1 the source sent nothing or nothing usable, -2 does not apply, -3 has not happened yet.
insert into core.dim_date
    (date_key, day_name, month_name, is_weekend, _load_sequence)
values
    (-1, 'Unknown', 'Unknown', false, 0),
    (-2, 'Not applicable', 'Not applicable', false, 0),
    (-3, 'Not yet', 'Not yet', false, 0);

insert into core.dim_channel
    (channel_key, channel_name, _load_sequence)
values
    (-1, 'Unknown', 0),
    (-2, 'Not applicable', 0),
    (-3, 'Not yet', 0);

insert into core.dim_device
    (device_key, browser, platform, device_type, _load_sequence)
values
    (-1, 'Unknown', 'Unknown', 'Unknown', 0),
    (-2, 'Not applicable', 'Not applicable', 'Not applicable', 0),
    (-3, 'Not yet', 'Not yet', 'Not yet', 0);

insert into core.dim_media
    (
        media_key, media_id, channel_key, media_name, media_type, project_id, project_name, section_name, is_archived,
        attribute_hash, valid_from, valid_to, is_current, is_inferred, _load_sequence
    )
values
    (
        -1, '(unknown)', -1, 'Unknown', 'Unknown', 'Unknown', 'Unknown', 'Unknown', false,
        '', '1900-01-01', '9999-12-31', true, false, 0
    ),
    (
        -2, '(not applicable)', -2, 'Not applicable', 'Not applicable', 'Not applicable', 'Not applicable',
        'Not applicable', false, '', '1900-01-01', '9999-12-31', true, false, 0
    ),
    (
        -3, '(not yet)', -3, 'Not yet', 'Not yet', 'Not yet', 'Not yet', 'Not yet', false,
        '', '1900-01-01', '9999-12-31', true, false, 0
    );

insert into core.dim_visitor
    (visitor_key, visitor_id, device_key, is_identified, is_inferred, _load_sequence)
values
    (-1, '(unknown)', -1, false, false, 0),
    (-2, '(not applicable)', -2, false, false, 0),
    (-3, '(not yet)', -3, false, false, 0);
