"""HTTP out, and everything that happens by itself: sending what a commit left to send, and moving time."""
