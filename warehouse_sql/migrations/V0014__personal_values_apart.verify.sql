select visitor_id, visitor_name, visitor_email, organisation_name from restricted.visitor_identity where visitor_id is null;

select session_id, ip_address, latitude, longitude from restricted.session_location where session_id is null;

select user_id, name, email from restricted.user_profile where user_id is null;

select user_key, email_hash from core.dim_user where user_key < -3;

select user_id, email_hash from core.dim_user_observation where user_id is null;
