-- grain:   one row per playback
-- key:     playback_id
-- within:  start_date_key
-- moves:   core.fct_playback_key
-- reads:   staging.stg_streampulse__playback, core.fct_playback, core.dim_content, core.dim_user, core.reporting_setting
-- load:    delta of streampulse__playback
-- differs: region
-- refs:    start_date_key core.dim_date, content_key core.dim_content, user_key core.dim_user
-- version: 1
-- columns:
--   playback_id       The playback.
--   start_date_key    Day on which it started, in the reporting time zone.
--   content_key       The version of the title that was valid when it started.
--   user_key          The version of the user that was valid when it started.
--   content_id        What was watched.
--   user_id           Who watched.
--   device_type       mobile, tablet, desktop, tv, console or other.
--   region            Where it was watched: what the log says, else where the user's version lives, else Unknown.
--   reported_region   What the log says; null where it says nothing.
--   duration_min      Minutes from its start to its end, to two decimals; null while it is open.
--   completion_share  duration_min divided by the length of the title's version, at most 1; null where either is unknown.
--   started_at        When it started (UTC).
--   ended_at          When it ended (UTC); null while it is open.
--   last_modified     When the file was last modified that told this state (UTC).
--   _extracted_at     When that file was taken (UTC).
--   _raw_sequence     Raw manifest that landed the record.
--   _raw_part         Object of that manifest, from 0.
--   _raw_line         Line of that object, from 1.
--
-- A repeat may carry another start, and so another day: fct_playback_key finds the day under which the playback is
-- there. When versions of titles or users change, or the reporting time zone does, the playbacks that this moves are
-- taken through the same rules again, and only those. Sorted by day, because merges and marts ask for days;
-- distributed by playback, by which a delta finds its rows.
with staged as (
    select
        {{ natural_text('playback_id') }} as playback_id,
        {{ natural_text('content_id') }} as content_id,
        {{ natural_text('user_id') }} as user_id,
        device_type,
        {{ natural_text('region') }} as reported_region,
        started_at,
        ended_at,
        last_modified,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        true as _is_staged
        {%- if repoint %},
        cast(null as integer) as held_date_key,
        cast(null as bigint) as held_content_key,
        cast(null as bigint) as held_user_key,
        cast(null as varchar(256)) as held_region,
        cast(null as double precision) as held_share
        {%- endif %}
    from staging.stg_streampulse__playback
),

{% if repoint -%}
loaded as (
    select
        playback_id,
        content_id,
        user_id,
        device_type,
        reported_region,
        started_at,
        ended_at,
        last_modified,
        _extracted_at,
        _raw_sequence,
        _raw_part,
        _raw_line,
        false as _is_staged,
        start_date_key as held_date_key,
        content_key as held_content_key,
        user_key as held_user_key,
        region as held_region,
        completion_share as held_share
    from core.fct_playback
    where
        content_id in (select content_id from delta_dim_content where _action <> 'unchanged')
        or user_id in (select user_id from delta_dim_user where _action <> 'unchanged')
        or exists (select 1 from delta_reporting_setting where _action = 'update')
),
{%- endif %}

playback as (
    select * from staged
    {%- if repoint %}
    union all
    select * from loaded
    {%- endif %}
),

reporting as (
    select setting_value as time_zone from core.reporting_setting
    where setting_name = 'time_zone'
),

content_version as (
    select content_key, content_id, length_min, valid_from, valid_to from core.dim_content
    where content_key > 0
),

user_version as (
    select user_key, user_id, region, valid_from, valid_to from core.dim_user
    where user_key > 0
),

dated as (
    select
        playback.*,
        convert_timezone('UTC', reporting.time_zone, playback.started_at) as local_start,
        {{ minutes_between('playback.started_at', 'playback.ended_at') }} as duration_min
    from playback
    cross join reporting
),

described as (
    select
        dated.*,
        {{ date_key('dated.local_start') }} as start_date_key,
        nvl(content_version.content_key, -1) as content_key,
        nvl(user_version.user_key, -1) as user_key,
        nvl(dated.reported_region, user_version.region, cast('Unknown' as varchar(256))) as region,
        {{ completion_share('dated.duration_min', 'content_version.length_min') }} as completion_share
    from dated
    left join content_version
        on
            dated.content_id = content_version.content_id
            and dated.started_at >= content_version.valid_from
            and dated.started_at < content_version.valid_to
    left join user_version
        on
            dated.user_id = user_version.user_id
            and dated.started_at >= user_version.valid_from
            and dated.started_at < user_version.valid_to
),

final as (
    select described.* from described
    {%- if repoint %}
    where
        described._is_staged
        or described.start_date_key <> described.held_date_key
        or described.content_key <> described.held_content_key
        or described.user_key <> described.held_user_key
        or described.region <> described.held_region
        or nvl(described.completion_share, -1) <> nvl(described.held_share, -1)
    {%- endif %}
)

select
    playback_id,
    start_date_key,
    content_key,
    user_key,
    content_id,
    user_id,
    device_type,
    region,
    reported_region,
    duration_min,
    completion_share,
    started_at,
    ended_at,
    last_modified,
    _extracted_at,
    _raw_sequence,
    _raw_part,
    _raw_line,
    _is_staged
from final
