{#- An attribute to group by is never null: what the source does not say reads Unknown.
    What it does say stays as it is: real titles end in blanks. -#}
{%- macro known(column, otherwise='Unknown') -%}
case when trim({{ column }}) <> '' then {{ column }} else '{{ otherwise }}' end
{%- endmacro -%}

{%- macro device_type(is_mobile) -%}
case when {{ is_mobile }} then 'Mobile' when not {{ is_mobile }} then 'Not mobile' else 'Unknown' end
{%- endmacro -%}

{#- The configuration names a media's channel; otherwise its title tells, without regard to case. -#}
{%- macro channel_name(configured, media_name) -%}
case
    when {{ configured }} is not null then {{ configured }}
    when strpos(lower({{ media_name }}), 'facebook') > 0 then 'Facebook'
    when strpos(lower({{ media_name }}), 'youtube') > 0 then 'YouTube'
    else 'Unknown'
end
{%- endmacro -%}

{#- One hash over attributes that tells null from empty and cannot shift text between neighbours: each value is
    preceded by its length. Doubles are given as whole millionths, because engines print them differently. -#}
{%- macro attribute_hash(columns) -%}
md5({% for column in columns %}{% if not loop.first %} || {% endif %}nvl(cast(len({{ column }}) as varchar(16)) || '=' || {{ column }}, '-'){% endfor %})
{%- endmacro -%}

{%- macro millionths(column) -%}
cast(cast(round({{ column }} * 1000000) as bigint) as varchar(32))
{%- endmacro -%}

{#- Seconds of the media that a session watched; unknown where either factor is. -#}
{%- macro watch_seconds(percent_viewed, duration_seconds) -%}
{{ percent_viewed }} * {{ duration_seconds }}
{%- endmacro -%}

{#- Sums of doubles depend on the order of rows; sums of decimals do not, so that a rebuild gives the same figure. -#}
{%- macro exact_sum(column) -%}
cast(sum(cast({{ column }} as decimal(38, 9))) as double precision)
{%- endmacro -%}

{#- Published classes: a figure is High or Medium from its bound on, else Low. -#}
{%- macro class_of(column, high, medium) -%}
case
    when {{ column }} >= {{ high }} then 'High'
    when {{ column }} >= {{ medium }} then 'Medium'
    when {{ column }} is not null then 'Low'
    else 'Unknown'
end
{%- endmacro -%}

{%- macro frequency_segment(load_count, play_count) -%}
case
    when {{ load_count }} is null or {{ play_count }} is null then 'Unknown'
    when {{ load_count }} + {{ play_count }} >= 5 then 'Frequent'
    when {{ load_count }} + {{ play_count }} >= 2 then 'Occasional'
    else 'Rare'
end
{%- endmacro -%}
