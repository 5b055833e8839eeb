from __future__ import annotations

from tests.cli.conftest import mockserver, serve

__all__ = ["mockserver", "serve"]
