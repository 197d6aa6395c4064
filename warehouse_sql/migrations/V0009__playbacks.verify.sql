-- The reserved members are there, once each.
select 'core.dim_content' as table_name from core.dim_content where content_key in (-1, -2, -3) having count(*) <> 3;

select 'core.dim_user' as table_name from core.dim_user where user_key in (-1, -2, -3) having count(*) <> 3;

select time_zone from staging.reporting_setting where time_zone is null;

select setting_name, setting_value from core.reporting_setting where setting_value is null;

select content_id, observed_at, title, genre, content_type, release_year, length_min, language_name
from core.dim_content_observation
where observed_at is null;

select content_key, content_id, valid_from, valid_to, is_current, is_inferred
from core.dim_content
where valid_from >= valid_to;

select user_id, observed_at, subscription_plan, region, age_group, signup_date
from core.dim_user_observation
where observed_at is null;

select user_key, user_id, valid_from, valid_to, is_current, is_inferred from core.dim_user where valid_from >= valid_to;

select playback_id, start_date_key, region, reported_region, duration_min, completion_share
from core.fct_playback
where duration_min < 0;

select playback_id, start_date_key from core.fct_playback_key where start_date_key is null;

select user_id, content_id, activity_date_key, playback_count, ended_count, watch_min
from core.user_content_day
where ended_count > playback_count;

select content_id, activity_date_key, unique_viewers, playback_count, total_watch_minutes
from mart.engagement_daily_total
where unique_viewers > playback_count;
