"""HTTP in: which world, which route, what it costs, what is written down. Pure ASGI."""

import sys

if "uvicorn" not in sys.modules and "watchfiles" not in sys.modules:
    # Uvicorn imports it for a reloader that nobody here uses, at the cost of a twenty-fifth of a start.
    sys.modules["watchfiles"] = None  # type: ignore[assignment]
    try:
        import uvicorn  # noqa: F401
    finally:
        del sys.modules["watchfiles"]
