"""Wistia: an account's medias, their statistics, its visitors and their viewing sessions."""
