-- check:    the titles of playbacks are described
-- on:       core.dim_content
-- severity: warn
select
    content_id
from core.dim_content
where
    _load_sequence >= :load_sequence
    and is_inferred
    and content_key > 0
