-- grain:   one row per day of both periods on which statistics were asked for, over the medias chosen
-- columns:
--   activity_date  {mart.media_daily_performance.activity_date}
--   play_rate      Mean over the medias chosen, each weighted by its visitors. {mart.media_daily_performance.lifetime_play_rate}
--   engagement     Mean over the medias chosen, each weighted by its plays. {mart.media_daily_performance.lifetime_engagement}
select
    activity_date,
    sum(lifetime_play_rate * lifetime_visitor_count)
    / nullif(sum(case when lifetime_play_rate is not null then lifetime_visitor_count end), 0) as play_rate,
    sum(lifetime_engagement * lifetime_play_count)
    / nullif(sum(case when lifetime_engagement is not null then lifetime_play_count end), 0) as engagement
from mart.media_daily_performance
where
    activity_date between :first_of_both and :last_day
    and lifetime_visitor_count is not null
    {{ chosen }}
group by activity_date
order by activity_date
