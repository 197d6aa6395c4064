select run_id, session_id from audit.load_attempt where session_id < 0;
