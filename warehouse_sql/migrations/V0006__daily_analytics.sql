-- What the Analytics API of the vendor's later versions tells of a day, where the plan of the account has it.
create table core.fct_media_analytics_day (
    media_id varchar(64) not null,
    activity_date_key integer not null,
    activity_date date not null,
    media_key bigint not null,
    unique_load_count bigint,
    unique_play_count bigint,
    play_count bigint,
    play_rate double precision,
    played_seconds double precision,
    unique_visitor_count bigint,
    engagement double precision,
    cta_impression_count bigint,
    cta_conversion_count bigint,
    cta_conversion_rate double precision,
    form_conversion_count bigint,
    _extracted_at timestamp not null,
    _raw_sequence bigint not null,
    _raw_part integer not null,
    _raw_line bigint not null,
    _load_sequence bigint not null
) distkey (media_id) sortkey (activity_date_key);

alter table mart.media_daily_total add column unique_visitor_count bigint;

alter table mart.media_daily_total add column unique_play_count bigint;

alter table mart.media_daily_total add column engagement double precision;
