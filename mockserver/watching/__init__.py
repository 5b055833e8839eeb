"""Files that a server follows while it runs: scenarios and fixtures, read again when they change."""
