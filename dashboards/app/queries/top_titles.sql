-- grain:   one row per title among the ten most watched of the list chosen
-- columns:
--   title_rank         {mart.top_title.title_rank}
--   title              {mart.top_title.title}
--   genre              {mart.top_title.genre}
--   total_watch_hours  {mart.top_title.total_watch_hours}
--   unique_viewers     {mart.top_title.unique_viewers}
--   playback_count     {mart.top_title.playback_count}
select title_rank, title, genre, total_watch_hours, unique_viewers, playback_count
from mart.top_title
where
    period_name = :period_name
    and title_rank <= 10
order by title_rank
