"""StreamPulse on a laptop: three feeds of files for a size, a seed and a clock, with the dirt that such files have."""
