-- Marts that are stored; the others are views and are made from their model files.
create table mart.media_daily_total (
    media_id varchar(64) not null,
    activity_date_key integer not null,
    session_count bigint not null,
    visitor_count bigint not null,
    average_percent_viewed double precision,
    watch_hours double precision,
    lifetime_load_count bigint,
    lifetime_play_count bigint,
    lifetime_visitor_count bigint,
    lifetime_play_rate double precision,
    lifetime_hours_watched double precision,
    lifetime_engagement double precision,
    _load_sequence bigint not null
) distkey (media_id) sortkey (activity_date_key);
