from __future__ import annotations

from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner, Result

Command = Callable[..., Result]


@pytest.fixture
def command() -> Command:
    """Runs a reference client's command as a person would, with these words."""

    def run(main: click.Command, *words: str) -> Result:
        return CliRunner().invoke(main, words)

    return run
