"""Transforms of the Wistia account."""
