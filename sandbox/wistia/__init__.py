"""A simulator of the Wistia API: an invented account whose answers are a function of (profile, seed, instant)."""
