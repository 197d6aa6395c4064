-- grain:   one row per source that has been loaded
-- columns:
--   source_name     {mart.data_currency.source_name}
--   loaded_at       {mart.data_currency.loaded_at}
--   first_date      {mart.data_currency.first_date}
--   newest_date     {mart.data_currency.newest_date}
--   complete_until  {mart.data_currency.complete_until}
select source_name, loaded_at, first_date, newest_date, complete_until
from mart.data_currency
order by source_name
