select load_count, play_count, hours_watched, measured_session_count, percent_viewed_total
from mart.media_daily_total
where media_id is null;
