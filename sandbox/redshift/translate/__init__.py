"""Redshift SQL to DuckDB SQL."""
