"""Every setting can be given as a flag, in the environment and in a file, and means the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner

from mockserver.cli.options import settings_options
from mockserver.settings import DESCRIPTIONS, ENVIRONMENT_PREFIX, FILE, Settings, resolve

OTHERS: dict[str, str] = {
    "durability": "none",
    "clock": "auto",
    "log_level": "error",
    "log_format": "json",
    "public_url": "https://mock.example",
    "port": "8601",
    "tls_port": "8602",
    "world_ttl": "2.5",
    "max_depth": "50",
}
"""Values that are not the default, where neither a number nor a word will do."""

NAMES = [field.name for field in msgspec.structs.fields(Settings)]


def other(name: str) -> str:
    default = getattr(Settings(), name)
    if name in OTHERS:
        return OTHERS[name]
    if isinstance(default, bool):
        return "true"
    return str(default + 1) if isinstance(default, int) else "other"


def toml(name: str, text: str) -> str:
    default = getattr(Settings(), name)
    if isinstance(default, tuple):
        return f'["{text}"]'
    is_bare = isinstance(default, bool | int) or name in ("tls_port", "world_ttl")
    return text if is_bare else f'"{text}"'


def by_flag(name: str, text: str) -> dict[str, Any]:
    given: dict[str, Any] = {}

    @click.command()
    @settings_options
    def command(**flags: Any) -> None:
        given.update(flags)

    flag = f"--{name.replace('_', '-')}"
    arguments = [flag] if isinstance(getattr(Settings(), name), bool) else [flag, text]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return given


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_means_the_same_wherever_it_is_given(name: str, tmp_path: Path):
    text = other(name)
    (tmp_path / FILE).write_text(f"{name} = {toml(name, text)}\n", encoding="utf-8")
    found = [
        resolve(by_flag(name, text), {}),
        resolve({}, {ENVIRONMENT_PREFIX + name.upper(): text}),
        resolve({}, {}, directory=tmp_path),
    ]
    values = [getattr(each.settings, name) for each in found]
    assert values[0] != getattr(Settings(), name)
    assert values == [values[0]] * 3
    assert [each.origins[name] for each in found] == [
        f"--{name.replace('_', '-')}",
        ENVIRONMENT_PREFIX + name.upper(),
        FILE,
    ]


def test_every_setting_is_described():
    assert list(DESCRIPTIONS) == NAMES
