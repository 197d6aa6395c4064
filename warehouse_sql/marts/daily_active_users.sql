-- grain:   one row per day from the first to the last with a playback
-- key:     activity_date
-- reads:   core.user_content_day, core.dim_date
-- load:    view
-- version: 1
-- columns:
--   activity_date         The day, in the reporting time zone.
--   daily_active_users    Distinct users with a playback that started on that day; 0 on a quiet day.
--   weekly_active_users   Distinct users with one in the seven days that end with it.
--   monthly_active_users  Distinct users with one in the thirty days that end with it.
--   stickiness            daily_active_users divided by monthly_active_users; null where there are none.
--
-- Distinct users of a window are counted without joining days to days: from a day on which a user watched, that user is
-- active for seven (thirty) days, or until the next day on which they watched begins the same anew. Each such span adds
-- one user on its first day and takes one away on the day after its last, and a running sum tells how many are active.
with user_day as (
    select * from core.user_content_day
),

calendar as (
    select date_key, calendar_date from core.dim_date
    where date_key > 0
),

active as (
    select distinct
        user_day.user_id,
        calendar.calendar_date as active_date
    from user_day
    inner join calendar on user_day.activity_date_key = calendar.date_key
),

followed as (
    select
        active.user_id,
        active.active_date,
        lead(active.active_date) over (partition by active.user_id order by active.active_date) as next_date
    from active
),

step as (
    select
        followed.active_date as step_date,
        1 as daily_step,
        1 as weekly_step,
        1 as monthly_step
    from followed
    union all
    select
        cast(dateadd(day, 1, followed.active_date) as date) as step_date,
        -1 as daily_step,
        0 as weekly_step,
        0 as monthly_step
    from followed
    union all
    select
        cast(
            case
                when followed.next_date < dateadd(day, 7, followed.active_date) then followed.next_date
                else dateadd(day, 7, followed.active_date)
            end as date
        ) as step_date,
        0 as daily_step,
        -1 as weekly_step,
        0 as monthly_step
    from followed
    union all
    select
        cast(
            case
                when followed.next_date < dateadd(day, 30, followed.active_date) then followed.next_date
                else dateadd(day, 30, followed.active_date)
            end as date
        ) as step_date,
        0 as daily_step,
        0 as weekly_step,
        -1 as monthly_step
    from followed
),

span as (
    select
        min(followed.active_date) as first_date,
        max(followed.active_date) as last_date
    from followed
),

stepped as (
    select
        step.step_date,
        sum(step.daily_step) as daily_step,
        sum(step.weekly_step) as weekly_step,
        sum(step.monthly_step) as monthly_step
    from step
    group by step.step_date
),

counted as (
    select
        calendar.calendar_date as activity_date,
        sum(nvl(stepped.daily_step, 0)) over (
            order by calendar.calendar_date rows unbounded preceding
        ) as daily_active_users,
        sum(nvl(stepped.weekly_step, 0)) over (
            order by calendar.calendar_date rows unbounded preceding
        ) as weekly_active_users,
        sum(nvl(stepped.monthly_step, 0)) over (
            order by calendar.calendar_date rows unbounded preceding
        ) as monthly_active_users
    from span
    inner join calendar on calendar.calendar_date between span.first_date and span.last_date
    left join stepped on calendar.calendar_date = stepped.step_date
),

final as (
    select
        counted.activity_date,
        counted.daily_active_users,
        counted.weekly_active_users,
        counted.monthly_active_users,
        {{ share_of('counted.daily_active_users', 'counted.monthly_active_users') }} as stickiness
    from counted
)

select
    activity_date,
    daily_active_users,
    weekly_active_users,
    monthly_active_users,
    stickiness
from final
