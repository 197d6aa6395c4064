-- grain:   one row per day of both periods
-- columns:
--   activity_date         {mart.daily_active_users.activity_date}
--   daily_active_users    {mart.daily_active_users.daily_active_users}
--   weekly_active_users   {mart.daily_active_users.weekly_active_users}
--   monthly_active_users  {mart.daily_active_users.monthly_active_users}
--   stickiness            {mart.daily_active_users.stickiness}
select activity_date, daily_active_users, weekly_active_users, monthly_active_users, stickiness
from mart.daily_active_users
where activity_date between :first_of_both and :last_day
order by activity_date
