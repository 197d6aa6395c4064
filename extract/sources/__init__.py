"""The sources, each with its streams declared as data."""
