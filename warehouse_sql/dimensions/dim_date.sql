-- grain:   one row per day from 2000-01-01 to 2099-12-31
-- key:     date_key
-- natural: calendar_date
-- reads:   nothing
-- load:    calendar
-- version: 1
-- columns:
--   date_key          The day as YYYYMMDD.
--   calendar_date     The day (UTC); null for reserved members.
--   calendar_year     Year.
--   calendar_quarter  Quarter, 1 to 4.
--   calendar_month    Month, 1 to 12.
--   day_of_month      Day of the month.
--   day_of_week       ISO day of the week, 1 (Monday) to 7 (Sunday).
--   day_name          English name of the day.
--   month_name        English name of the month.
--   week_start_date   Monday of the day's week.
--   month_start_date  First day of the day's month.
--   is_weekend        Whether the day is a Saturday or a Sunday.
--
-- Generated once, and again whenever the SELECT below changes. Days of the sources are UTC days. An instant outside the
-- century is a fact of the source that no calendar serves: it has the date key -1 and keeps its own instant.
-- Stored on every node and sorted by key: it is small and joined everywhere.
with digit as (
    select 0 as n
    union all select 1
    union all select 2
    union all select 3
    union all select 4
    union all select 5
    union all select 6
    union all select 7
    union all select 8
    union all select 9
),

day_number as (
    select ones.n + 10 * tens.n + 100 * hundreds.n + 1000 * thousands.n + 10000 * ten_thousands.n as n
    from digit as ones
    cross join digit as tens
    cross join digit as hundreds
    cross join digit as thousands
    cross join digit as ten_thousands
    where ten_thousands.n < 4
),

calendar as (
    select cast(dateadd(day, day_number.n, cast('2000-01-01' as date)) as date) as calendar_date
    from day_number
),

dated as (
    select
        calendar.calendar_date,
        mod(cast(extract(dow from calendar.calendar_date) as integer) + 6, 7) + 1 as day_of_week
    from calendar
    where calendar.calendar_date < '2100-01-01'
),

final as (
    select
        {{ date_key('dated.calendar_date') }} as date_key,
        dated.calendar_date,
        extract(year from dated.calendar_date) as calendar_year,
        extract(quarter from dated.calendar_date) as calendar_quarter,
        extract(month from dated.calendar_date) as calendar_month,
        extract(day from dated.calendar_date) as day_of_month,
        dated.day_of_week,
        trim(to_char(dated.calendar_date, 'Day')) as day_name,
        trim(to_char(dated.calendar_date, 'Month')) as month_name,
        cast(dateadd(day, 1 - dated.day_of_week, dated.calendar_date) as date) as week_start_date,
        cast(date_trunc('month', dated.calendar_date) as date) as month_start_date,
        dated.day_of_week >= 6 as is_weekend
    from dated
)

select
    date_key,
    calendar_date,
    calendar_year,
    calendar_quarter,
    calendar_month,
    day_of_month,
    day_of_week,
    day_name,
    month_name,
    week_start_date,
    month_start_date,
    is_weekend
from final
