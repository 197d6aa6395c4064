"""StreamPulse: playback logs, content metadata and user profiles, dropped as files into the lake."""
