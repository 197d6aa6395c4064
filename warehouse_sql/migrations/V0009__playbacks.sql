-- StreamPulse: titles and users with their versions, playbacks, and what is counted of them by day.
create table staging.reporting_setting (
    time_zone varchar(64) not null
) diststyle all;

create table core.reporting_setting (
    setting_name varchar(64) not null,
    setting_value varchar(64) not null,
    _load_sequence bigint not null
) diststyle all;

create table core.dim_content_observation (
    content_id varchar(128) not null,
    observed_at timestamp not null,
    title varchar(2048),
    genre varchar(256),
    content_type varchar(64),
    release_year integer,
    length_min double precision,
    language_name varchar(64),
    attribute_hash varchar(32) not null,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (content_id) sortkey (_load_sequence);

create table core.dim_content (
    content_key bigint not null,
    content_id varchar(128) not null,
    title varchar(2048) not null,
    genre varchar(256) not null,
    content_type varchar(64) not null,
    release_year integer,
    length_min double precision,
    language_name varchar(64) not null,
    attribute_hash varchar(32) not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    is_current boolean not null,
    is_inferred boolean not null,
    _load_sequence bigint not null
) diststyle all sortkey (content_id, valid_from);

create table core.dim_user_observation (
    user_id varchar(128) not null,
    observed_at timestamp not null,
    subscription_plan varchar(64),
    region varchar(256),
    age_group varchar(64),
    signup_date date,
    attribute_hash varchar(32) not null,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (user_id) sortkey (_load_sequence);

create table core.dim_user (
    user_key bigint not null,
    user_id varchar(128) not null,
    subscription_plan varchar(64) not null,
    region varchar(256) not null,
    age_group varchar(64) not null,
    signup_date date,
    attribute_hash varchar(32) not null,
    valid_from timestamp not null,
    valid_to timestamp not null,
    is_current boolean not null,
    is_inferred boolean not null,
    _load_sequence bigint not null
) distkey (user_id) sortkey (user_id, valid_from);

create table core.fct_playback (
    playback_id varchar(128) not null,
    start_date_key integer not null,
    content_key bigint not null,
    user_key bigint not null,
    content_id varchar(128) not null,
    user_id varchar(128) not null,
    device_type varchar(16) not null,
    region varchar(256) not null,
    reported_region varchar(256),
    duration_min decimal(9, 2),
    completion_share double precision,
    started_at timestamp not null,
    ended_at timestamp,
    last_modified timestamp not null,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (playback_id) sortkey (start_date_key, content_key);

create table core.fct_playback_key (
    playback_id varchar(128) not null,
    start_date_key integer not null,
    _load_sequence bigint not null
) distkey (playback_id) sortkey (playback_id);

create table core.user_content_day (
    user_id varchar(128) not null,
    content_id varchar(128) not null,
    region varchar(256) not null,
    device_type varchar(16) not null,
    activity_date_key integer not null,
    playback_count bigint not null,
    ended_count bigint not null,
    watch_min decimal(18, 2) not null,
    measured_count bigint not null,
    completed_count bigint not null,
    completion_total double precision,
    _load_sequence bigint not null
) distkey (user_id) sortkey (activity_date_key);

create table mart.engagement_daily_total (
    activity_date_key integer not null,
    region varchar(256) not null,
    device_type varchar(16) not null,
    content_id varchar(128) not null,
    unique_viewers bigint not null,
    playback_count bigint not null,
    ended_count bigint not null,
    total_watch_minutes decimal(18, 2) not null,
    measured_count bigint not null,
    completed_count bigint not null,
    completion_total double precision,
    _load_sequence bigint not null
) distkey (content_id) sortkey (activity_date_key);

insert into core.dim_content
    (
        content_key, content_id, title, genre, content_type, language_name, attribute_hash, valid_from, valid_to, is_current,
        is_inferred, _load_sequence
    )
values
    (-1, '(unknown)', 'Unknown', 'Unknown', 'Unknown', 'Unknown', '', '1900-01-01', '9999-12-31', true, false, 0),
    (
        -2, '(not applicable)', 'Not applicable', 'Not applicable', 'Not applicable', 'Not applicable', '',
        '1900-01-01', '9999-12-31', true, false, 0
    ),
    (-3, '(not yet)', 'Not yet', 'Not yet', 'Not yet', 'Not yet', '', '1900-01-01', '9999-12-31', true, false, 0);

insert into core.dim_user
    (
        user_key, user_id, subscription_plan, region, age_group, attribute_hash, valid_from, valid_to, is_current,
        is_inferred, _load_sequence
    )
values
    (-1, '(unknown)', 'Unknown', 'Unknown', 'Unknown', '', '1900-01-01', '9999-12-31', true, false, 0),
    (
        -2, '(not applicable)', 'Not applicable', 'Not applicable', 'Not applicable', '', '1900-01-01', '9999-12-31',
        true, false, 0
    ),
    (-3, '(not yet)', 'Not yet', 'Not yet', 'Not yet', '', '1900-01-01', '9999-12-31', true, false, 0);
