-- grain:   one row per setting that facts are made with
-- key:     setting_name
-- reads:   staging.reporting_setting
-- load:    members
-- version: 1
-- columns:
--   setting_name   time_zone: the zone in whose days playbacks are counted.
--   setting_value  What it was when the facts that are there were made.
--
-- The configuration is told to every load. Where it is another one than before, the load takes all playbacks through
-- their rules again, in its own transaction: the warehouse never holds days of two zones. Stored on every node: a row.
with final as (
    select
        cast('time_zone' as varchar(64)) as setting_name,
        time_zone as setting_value
    from staging.reporting_setting
)

select
    setting_name,
    setting_value
from final
