select media_id, activity_date, unique_load_count, engagement from core.fct_media_analytics_day where media_id is null;

select unique_visitor_count, unique_play_count, engagement from mart.media_daily_total where media_id is null;
