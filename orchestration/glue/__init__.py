"""The jobs as AWS Glue starts them: each a thin script that calls ``run_job``."""
