from __future__ import annotations

import pytest
import yaml


@pytest.fixture(params=["CSafeLoader", "SafeLoader"])
def any_loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """PyYAML with libyaml and without it."""
    if request.param == "SafeLoader":
        monkeypatch.delattr(yaml, "CSafeLoader")
    return str(request.param)
