select version from audit.migration where needs_version is null or needs_version > version;

select name, model_version from audit.repeatable where model_version < 1;

select version, statement_number, checksum, began_at, finished_at, refusal from audit.migration_step where version < 1;
