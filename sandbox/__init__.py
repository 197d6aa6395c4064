"""The outside world on a laptop: servers that imitate the services which reelhouse talks to."""
