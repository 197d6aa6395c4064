-- grain:   one row per day on which the account's counters were asked for
-- key:     snapshot_date
-- reads:   core.fct_account_snapshot, core.fct_media_snapshot
-- load:    view
-- version: 1
-- columns:
--   snapshot_date          The UTC day.
--   media_count            Medias whose statistics were asked for on that day.
--   play_count             Plays of the whole account, ever, as the account tells.
--   media_play_total       The same as the sum of its medias' snapshots of that day; null without any.
--   missing_play_count     play_count minus media_play_total.
--   missing_play_share     missing_play_count divided by play_count; null where that is 0.
--   play_status            The medias against the account: equal, expected, short, over or unknown.
--   load_count             Player loads of the whole account, ever, as the account tells.
--   media_load_total       The same as the sum of its medias' snapshots of that day; null without any.
--   missing_load_count     load_count minus media_load_total.
--   missing_load_share     missing_load_count divided by load_count; null where that is 0.
--   load_status            The medias against the account.
--   hours_watched          Hours watched in the whole account, ever, as the account tells.
--   media_hours_total      The same as the sum of its medias' snapshots of that day; null without any.
--   missing_hours          hours_watched minus media_hours_total.
--
-- Whether every media is read. The account remembers what deleted medias did, so its medias may be short for good: a
-- difference that grows is what to look at. A run that reads only some medias is short by the others. Statuses as
-- in media_reconciliation. All figures are totals since the beginning: never sum them over days.
with account_snapshot as (
    select * from core.fct_account_snapshot
),

media_snapshot as (
    select * from core.fct_media_snapshot
),

media_total as (
    select
        media_snapshot.snapshot_date,
        count(*) as media_count,
        sum(media_snapshot.play_count) as media_play_total,
        sum(media_snapshot.load_count) as media_load_total,
        {{ exact_sum('media_snapshot.hours_watched') }} as media_hours_total
    from media_snapshot
    group by media_snapshot.snapshot_date
),

final as (
    select
        account_snapshot.snapshot_date,
        nvl(media_total.media_count, 0) as media_count,
        account_snapshot.play_count,
        media_total.media_play_total,
        account_snapshot.play_count - media_total.media_play_total as missing_play_count,
        {{ share_of('(account_snapshot.play_count - media_total.media_play_total)', 'account_snapshot.play_count') }}
            as missing_play_share,
        {{ reconciliation_status('media_total.media_play_total', 'account_snapshot.play_count') }} as play_status,
        account_snapshot.load_count,
        media_total.media_load_total,
        account_snapshot.load_count - media_total.media_load_total as missing_load_count,
        {{ share_of('(account_snapshot.load_count - media_total.media_load_total)', 'account_snapshot.load_count') }}
            as missing_load_share,
        {{ reconciliation_status('media_total.media_load_total', 'account_snapshot.load_count') }} as load_status,
        account_snapshot.hours_watched,
        media_total.media_hours_total,
        account_snapshot.hours_watched - media_total.media_hours_total as missing_hours
    from account_snapshot
    left join media_total on account_snapshot.snapshot_date = media_total.snapshot_date
)

select
    snapshot_date,
    media_count,
    play_count,
    media_play_total,
    missing_play_count,
    missing_play_share,
    play_status,
    load_count,
    media_load_total,
    missing_load_count,
    missing_load_share,
    load_status,
    hours_watched,
    media_hours_total,
    missing_hours
from final
