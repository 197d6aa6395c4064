{#- Keys of dimensions: 60 bits of an MD5 over the source and the natural key, so that a rebuild gives the same keys.
    Fifteen hexadecimal digits stay positive as a bigint; the reserved members are negative. -#}
{%- macro surrogate_key(source, parts) -%}
strtol(left(md5('{{ source }}'{% for part in parts %} || '|' || {{ part }}{% endfor %}), 15), 16)
{%- endmacro -%}

{#- A text of a natural key as every reader of staging takes it. Redshift ignores trailing blanks when it compares, and
    MD5 does not: with them one member would have two keys. Nothing but blanks is nothing. -#}
{%- macro natural_text(column) -%}
nullif(rtrim({{ column }}), '')
{%- endmacro -%}

{%- macro visitor_key(visitor_id) -%}
nvl({{ surrogate_key('wistia', [visitor_id]) }}, -1)
{%- endmacro -%}

{#- The version that is valid from the beginning has the key of an inferred member: completing one is an update. -#}
{%- macro version_key(source, natural_key, valid_from) -%}
{{ surrogate_key(source, [natural_key, "cast(datediff(microsecond, cast('1900-01-01' as timestamp), " ~ valid_from ~ ") as varchar(32))"]) }}
{%- endmacro -%}

{%- macro media_key(media_id, valid_from) -%}
{{ version_key('wistia', media_id, valid_from) }}
{%- endmacro -%}

{%- macro content_key(content_id, valid_from) -%}
{{ version_key('streampulse', content_id, valid_from) }}
{%- endmacro -%}

{%- macro user_key(user_id, valid_from) -%}
{{ version_key('streampulse', user_id, valid_from) }}
{%- endmacro -%}

{%- macro device_key(browser, platform, is_mobile) -%}
case
    when {{ known(browser) }} = 'Unknown' and {{ known(platform) }} = 'Unknown' and {{ is_mobile }} is null then -1
    else {{ surrogate_key('device', [known(browser), known(platform), device_type(is_mobile)]) }}
end
{%- endmacro -%}

{#- The three texts are hashed with their lengths first: a separator could stand in the name of a place. -#}
{%- macro geo_key(country, region, city) -%}
case
    when {{ known(country) }} = 'Unknown' and {{ known(region) }} = 'Unknown' and {{ known(city) }} = 'Unknown' then -1
    else {{ surrogate_key('geo', [attribute_hash([known(country), known(region), known(city)])]) }}
end
{%- endmacro -%}

{#- A configuration may use the words of the reserved members, and means them. -#}
{%- macro channel_key(channel_name) -%}
case {{ channel_name }}
    when 'Unknown' then -1
    when 'Not applicable' then -2
    when 'Not yet' then -3
    else {{ surrogate_key('channel', [channel_name]) }}
end
{%- endmacro -%}

{#- YYYYMMDD; an instant outside the calendar has the reserved member -1. -#}
{%- macro date_key(instant) -%}
case
    when {{ instant }} >= '2000-01-01' and {{ instant }} < '2100-01-01'
        then cast(extract(year from {{ instant }}) * 10000 + extract(month from {{ instant }}) * 100 + extract(day from {{ instant }}) as integer)
    else -1
end
{%- endmacro -%}
