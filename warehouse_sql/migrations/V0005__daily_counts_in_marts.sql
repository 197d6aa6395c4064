-- What the vendor counted of a day beside what its sessions tell, and of the sessions what a mean over medias needs.
alter table mart.media_daily_total add column load_count bigint;

alter table mart.media_daily_total add column play_count bigint;

alter table mart.media_daily_total add column hours_watched double precision;

alter table mart.media_daily_total add column measured_session_count bigint;

alter table mart.media_daily_total add column percent_viewed_total double precision;
