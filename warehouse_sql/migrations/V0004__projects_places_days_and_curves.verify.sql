-- The reserved members are there, once each; sessions of before have the unknown place.
select 'core.dim_project' as table_name from core.dim_project where project_key in (-1, -2, -3) having count(*) <> 3;

select 'core.dim_geo' as table_name from core.dim_geo where geo_key in (-1, -2, -3) having count(*) <> 3;

select session_id from core.fct_viewing_session where geo_key is null;

select media_id, activity_date, load_count, play_count from core.fct_media_day where media_id is null;

select snapshot_date, load_count, play_count from core.fct_account_snapshot where snapshot_date is null;

select media_id, snapshot_date, bucket, view_count from core.fct_media_engagement where media_id is null;

select visitor_key, media_id, activity_date_key from core.visitor_media_day where visitor_key is null;

select load_sequence, table_name from audit.load_count where deleted_count is null;
