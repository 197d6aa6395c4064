{#- A part of a whole as a double; null where the whole is nothing. -#}
{%- macro share_of(part, whole) -%}
cast({{ part }} as double precision) / nullif({{ whole }}, 0)
{%- endmacro -%}

{#- How much more than before, as a share of before. -#}
{%- macro change_share(present, before) -%}
cast({{ present }} - {{ before }} as double precision) / nullif({{ before }}, 0)
{%- endmacro -%}

{#- What was counted beside what was told. The vendor's lists are known to fall up to 4 % short of its counters; where
    4 % is less than one, one may be missing. late: how much more may have been counted, because it went on after the
    counter was read. In whole numbers, so that the bound is exact. -#}
{%- macro reconciliation_status(counted, told, late='0') -%}
case
    when {{ counted }} is null or {{ told }} is null then 'unknown'
    when {{ counted }} = {{ told }} then 'equal'
    when {{ counted }} > {{ told }} + {{ late }} then 'over'
    when {{ counted }} > {{ told }} then 'expected'
    when {{ told }} - {{ counted }} <= 1 or ({{ told }} - {{ counted }}) * 25 <= {{ told }} then 'expected'
    else 'short'
end
{%- endmacro -%}

{#- Minutes between two instants, the first of which is not the later one, to two decimals (a half goes up); null where
    one is missing. In whole hundredths of 600,000 microseconds, so that it is exact. -#}
{%- macro minutes_between(first, last) -%}
cast(cast(cast(datediff(microsecond, {{ first }}, {{ last }}) + 300000 as bigint) / 600000 as decimal(18, 0)) * 0.01 as decimal(9, 2))
{%- endmacro -%}

{#- The share of a title that was played, at most 1; null where the title has no length. -#}
{%- macro completion_share(duration_min, length_min) -%}
case
    when {{ length_min }} > 0 and {{ duration_min }} < {{ length_min }}
        then cast({{ duration_min }} as double precision) / {{ length_min }}
    when {{ length_min }} > 0 and {{ duration_min }} is not null then cast(1 as double precision)
end
{%- endmacro -%}

{#- Minutes as hours. -#}
{%- macro hours(minutes) -%}
cast({{ minutes }} as double precision) / 60
{%- endmacro -%}
