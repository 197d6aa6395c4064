select media_id, activity_date_key, session_count from mart.media_daily_total where media_id is null;
