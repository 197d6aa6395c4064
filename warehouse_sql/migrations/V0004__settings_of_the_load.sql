-- The channels that the configuration names, as the last load was told them.
create table staging.media_channel_setting (
    media_id varchar(64) not null,
    channel_name varchar(256) not null
) diststyle all;
