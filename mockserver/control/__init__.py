"""The JSON API under `/_mock`: our own, for tests, tools and the command line."""
