"""Entities of StreamPulse, whose feeds are files."""
