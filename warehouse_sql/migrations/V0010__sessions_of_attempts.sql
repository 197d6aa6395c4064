-- The session in which an attempt works, so that the one of a process that died on another host can be ended.
alter table audit.load_attempt add column session_id integer;
