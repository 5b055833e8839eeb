"""What outlives the process, in TinyDB."""
