"""Consumers of the marts, and of nothing else: an application, QuickSight as code, the data dictionary."""
