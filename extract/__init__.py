"""From an API or from files to raw JSON in the lake. Knows nothing of Spark or SQL."""
