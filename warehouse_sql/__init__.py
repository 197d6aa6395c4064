"""From Parquet staging to Redshift: staging tables, dimensions, facts and marts."""
