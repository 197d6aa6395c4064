-- grain:   one row per media and UTC day that the vendor counted
-- key:     media_id, activity_date
-- reads:   core.fct_media_day, core.dim_media, core.dim_channel, core.dim_date
-- load:    view
-- version: 1
-- columns:
--   activity_date                   The UTC day.
--   media_id                        The hashed id of the media.
--   media_name                      Its present title.
--   project_name                    Its present project.
--   channel_name                    Its channel.
--   play_count                      Plays of that day.
--   play_count_7_days               Plays of the seven calendar days that end with this one.
--   previous_play_count_7_days      Plays of the seven days before those; null where none of them was counted.
--   play_change_share_7_days        What the seven days have more, divided by those before; null without any.
--   play_count_30_days              Plays of the thirty calendar days that end with this one.
--   previous_play_count_30_days     Plays of the thirty days before those; null where none of them was counted.
--   play_change_share_30_days       What the thirty days have more, divided by those before; null without any.
--   load_count                      Player loads of that day.
--   load_count_7_days               Player loads of the seven calendar days that end with this one.
--   previous_load_count_7_days      Player loads of the seven days before those; null where none of them was counted.
--   load_change_share_7_days        What the seven days have more, divided by those before; null without any.
--   load_count_30_days              Player loads of the thirty calendar days that end with this one.
--   previous_load_count_30_days     Player loads of the thirty days before those; null where none of them was counted.
--   load_change_share_30_days       What the thirty days have more, divided by those before; null without any.
--
-- Windows are of calendar days. The source tells quiet days as rows of zeros; a day that was never read adds nothing to
-- a window and does not stretch it: rows are laid on a calendar from the first to the last day of each media, because
-- Redshift counts frames in rows. The newest day is not over yet, and the first days of a media have short windows.
with media_day as (
    select * from core.fct_media_day
    where activity_date_key > 0
),

media as (
    select * from core.dim_media
    where is_current and media_key > 0
),

channel as (
    select * from core.dim_channel
),

calendar as (
    select calendar_date from core.dim_date
    where date_key > 0
),

span as (
    select
        media_day.media_id,
        min(media_day.activity_date) as first_date,
        max(media_day.activity_date) as last_date
    from media_day
    group by media_day.media_id
),

laid_out as (
    select
        span.media_id,
        calendar.calendar_date,
        media_day.play_count,
        media_day.load_count
    from span
    inner join calendar on calendar.calendar_date between span.first_date and span.last_date
    left join media_day
        on
            span.media_id = media_day.media_id
            and calendar.calendar_date = media_day.activity_date
),

windowed as (
    select
        laid_out.media_id,
        laid_out.calendar_date,
        laid_out.play_count,
        laid_out.load_count,
        sum(laid_out.play_count) over (
            partition by laid_out.media_id order by laid_out.calendar_date
            rows between 6 preceding and current row
        ) as play_count_7_days,
        sum(laid_out.play_count) over (
            partition by laid_out.media_id order by laid_out.calendar_date
            rows between 13 preceding and 7 preceding
        ) as previous_play_count_7_days,
        sum(laid_out.play_count) over (
            partition by laid_out.media_id order by laid_out.calendar_date
            rows between 29 preceding and current row
        ) as play_count_30_days,
        sum(laid_out.play_count) over (
            partition by laid_out.media_id order by laid_out.calendar_date
            rows between 59 preceding and 30 preceding
        ) as previous_play_count_30_days,
        sum(laid_out.load_count) over (
            partition by laid_out.media_id order by laid_out.calendar_date
            rows between 6 preceding and current row
        ) as load_count_7_days,
        sum(laid_out.load_count) over (
            partition by laid_out.media_id order by laid_out.calendar_date
            rows between 13 preceding and 7 preceding
        ) as previous_load_count_7_days,
        sum(laid_out.load_count) over (
            partition by laid_out.media_id order by laid_out.calendar_date
            rows between 29 preceding and current row
        ) as load_count_30_days,
        sum(laid_out.load_count) over (
            partition by laid_out.media_id order by laid_out.calendar_date
            rows between 59 preceding and 30 preceding
        ) as previous_load_count_30_days
    from laid_out
),

final as (
    select
        windowed.calendar_date as activity_date,
        windowed.media_id,
        media.media_name,
        media.project_name,
        channel.channel_name,
        windowed.play_count,
        windowed.play_count_7_days,
        windowed.previous_play_count_7_days,
        {{ change_share('windowed.play_count_7_days', 'windowed.previous_play_count_7_days') }} as play_change_share_7_days,
        windowed.play_count_30_days,
        windowed.previous_play_count_30_days,
        {{ change_share('windowed.play_count_30_days', 'windowed.previous_play_count_30_days') }} as play_change_share_30_days,
        windowed.load_count,
        windowed.load_count_7_days,
        windowed.previous_load_count_7_days,
        {{ change_share('windowed.load_count_7_days', 'windowed.previous_load_count_7_days') }} as load_change_share_7_days,
        windowed.load_count_30_days,
        windowed.previous_load_count_30_days,
        {{ change_share('windowed.load_count_30_days', 'windowed.previous_load_count_30_days') }} as load_change_share_30_days
    from windowed
    inner join media on windowed.media_id = media.media_id
    inner join channel on media.channel_key = channel.channel_key
    where windowed.play_count is not null
)

select
    activity_date,
    media_id,
    media_name,
    project_name,
    channel_name,
    play_count,
    play_count_7_days,
    previous_play_count_7_days,
    play_change_share_7_days,
    play_count_30_days,
    previous_play_count_30_days,
    play_change_share_30_days,
    load_count,
    load_count_7_days,
    previous_load_count_7_days,
    load_change_share_7_days,
    load_count_30_days,
    previous_load_count_30_days,
    load_change_share_30_days
from final
