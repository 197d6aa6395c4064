{#- The observations that begin a version, of each member in ``touched``: its first, which is valid from the beginning,
    and every one whose attributes are not those of the one before. ``observation`` has one row per member and instant.
    also: columns more, such as a window over all observations of a member. -#}
{%- macro version_starts(natural_key, also=[]) -%}
compared as (
    select
        observation.*,
        {%- for column in also %}
        {{ column }},
        {%- endfor %}
        lag(observation.attribute_hash) over (
            partition by observation.{{ natural_key }} order by observation.observed_at
        ) as previous_hash,
        row_number() over (
            partition by observation.{{ natural_key }} order by observation.observed_at
        ) as observation_number
    from observation
    inner join touched on observation.{{ natural_key }} = touched.{{ natural_key }}
),

started as (
    select
        compared.*,
        case
            when compared.observation_number = 1 then {{ beginning() }}
            else compared.observed_at
        end as valid_from
    from compared
    where compared.observation_number = 1 or compared.previous_hash <> compared.attribute_hash
)
{%- endmacro -%}

{#- The end of a version in ``started``: the beginning of the next one of its member. -#}
{%- macro version_end(natural_key) -%}
nvl(
            lead(started.valid_from) over (partition by started.{{ natural_key }} order by started.valid_from),
            {{ forever() }}
        )
{%- endmacro -%}

{%- macro beginning() -%}
cast('1900-01-01' as timestamp)
{%- endmacro -%}

{%- macro forever() -%}
cast('9999-12-31' as timestamp)
{%- endmacro -%}
