-- grain:   one row per genre with a playback in the period
-- columns:
--   genre              {mart.genre_performance.genre}
--   total_watch_hours  Sum over the period. {mart.genre_performance.total_watch_hours}
--   playback_count     Sum over the period. {mart.genre_performance.playback_count}
select
    genre,
    sum(total_watch_hours) as total_watch_hours,
    sum(playback_count) as playback_count
from mart.genre_performance
where activity_date between :first_day and :last_day
group by genre
order by total_watch_hours desc, genre
