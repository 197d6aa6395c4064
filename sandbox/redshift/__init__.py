"""A Redshift on a laptop: the wire protocol and SQL of Amazon Redshift over DuckDB."""

from sandbox.redshift.endpoint import Endpoint, serve

__all__ = ["Endpoint", "serve"]
