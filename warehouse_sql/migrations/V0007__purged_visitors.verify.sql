select visitor_key from core.dim_visitor where is_purged is null;

select began_at from staging.visitor_sweep where began_at is null;
