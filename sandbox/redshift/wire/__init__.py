"""PostgreSQL's wire protocol version 3, the part of it that Redshift and its driver speak."""
