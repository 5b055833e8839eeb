"""HTTP in: which world, which route, what it costs, what is written down. Pure ASGI."""
