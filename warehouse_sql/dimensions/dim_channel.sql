-- grain:   one row per channel
-- key:     channel_key
-- natural: channel_name
-- reads:   staging.media_channel_setting
-- load:    members
-- version: 1
-- columns:
--   channel_key   Derived from the name.
--   channel_name  Where the media is shown: Facebook, YouTube, or as the configuration calls it.
--
-- Members are added and never removed. The source has no field for the channel of a media: it is configured, or told by
-- the title. Stored on every node: a handful of rows.
with setting as (
    select {{ natural_text('channel_name') }} as channel_name from staging.media_channel_setting
),

named as (
    select cast('Facebook' as varchar(256)) as channel_name
    union
    select cast('YouTube' as varchar(256)) as channel_name
    union
    select setting.channel_name from setting
),

final as (
    select
        {{ channel_key('named.channel_name') }} as channel_key,
        named.channel_name
    from named
)

select
    channel_key,
    channel_name
from final
where channel_key > 0
