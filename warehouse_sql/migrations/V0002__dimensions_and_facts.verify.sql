-- The reserved members are there, once each.
select 'core.dim_date' as table_name from core.dim_date where date_key in (-1, -2, -3) having count(*) <> 3;

select 'core.dim_channel' as table_name from core.dim_channel where channel_key in (-1, -2, -3) having count(*) <> 3;

select 'core.dim_device' as table_name from core.dim_device where device_key in (-1, -2, -3) having count(*) <> 3;

select 'core.dim_media' as table_name from core.dim_media where media_key in (-1, -2, -3) having count(*) <> 3;

select 'core.dim_visitor' as table_name from core.dim_visitor where visitor_key in (-1, -2, -3) having count(*) <> 3;

select media_id, observed_at, attribute_hash from core.dim_media_observation where media_id is null;

select session_id, received_date_key, media_key from core.fct_viewing_session where session_id is null;

select media_id, snapshot_date, media_key from core.fct_media_snapshot where media_id is null;
