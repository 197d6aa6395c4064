-- Athena reads the exported days of mart.daily_engagement with this table. Write the name of your lake's bucket for
-- MY-LAKE, in both places, and run it once in the database (AWS Glue Data Catalog) of your choice.
--
-- No crawler and no MSCK REPAIR TABLE: partition projection makes up the folder of each day. A query without a date asks
-- S3 for each day of the years below, so keep them to those that you have; one with year, month and day asks for one.
create external table if not exists daily_aggregates (
    activity_date date,
    region string,
    device_type string,
    content_id string,
    title string,
    genre string,
    unique_viewers bigint,
    playback_count bigint,
    total_watch_minutes decimal(18, 2),
    total_watch_hours double,
    average_session_minutes double
)
partitioned by (year int, month int, day int)
stored as parquet
location 's3://MY-LAKE/analytics/daily_aggregates/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.year.type' = 'integer',
    'projection.year.range' = '2025,2028',
    'projection.month.type' = 'integer',
    'projection.month.range' = '1,12',
    'projection.month.digits' = '2',
    'projection.day.type' = 'integer',
    'projection.day.range' = '1,31',
    'projection.day.digits' = '2',
    'storage.location.template' = 's3://MY-LAKE/analytics/daily_aggregates/year=${year}/month=${month}/day=${day}/'
);
