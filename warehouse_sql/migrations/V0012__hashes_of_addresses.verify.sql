select visitor_key, email_hash from core.dim_visitor where visitor_key < -3;
