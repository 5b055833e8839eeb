"""What a benchmark reports: figures with their unit, their ratio to something else, and their target."""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from statistics import median
from typing import Any


@dataclass
class Figure:
    """One measured value.

    `ratio` compares it with `against`, both from the same run; `target` bounds the ratio, or where
    there is none the value, from below (`>=`) or above (`<=`). `wrong` counts wrong answers.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    against: str = ""
    target: str = ""
    wrong: int | None = None
    note: str = ""
    rounds: list[float] = field(default_factory=list)

    @property
    def holds(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.wrong:
            return False
        if not self.target:
            return None
        relation, bound = self.target.split()[:2]
        value = self.value if self.ratio is None else self.ratio
        return value >= float(bound) if relation == ">=" else value <= float(bound)


def middle(values: list[float]) -> float:
    """The median; 0 of nothing."""
    return median(values) if values else 0.0


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios of neighbouring rounds, which a machine that is busy for a while hardly bends."""
    return middle([one / other for one, other in zip(ours, theirs, strict=True) if other])


def machine() -> dict[str, Any]:
    """What the figures were measured on, as far as it matters."""
    return {
        "cores": os.cpu_count(),
        "architecture": platform.machine(),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {
            name: version(name)
            for name in ("motar-mockserver", "starlette", "uvicorn", "uvloop", "httptools", "msgspec", "httpx2")
        },
        "load": [round(each, 2) for each in os.getloadavg()],
        "command": " ".join(["python -m benchmarks", *sys.argv[1:]]),
    }


def as_data(figures: list[Figure]) -> list[dict[str, Any]]:
    """Figures as JSON takes them."""
    return [{**asdict(each), "holds": each.holds} for each in figures]


def show(title: str, figures: list[Figure]) -> None:
    """Print one benchmark's figures as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", title_style="bold")
    for name, justify in (
        ("figure", "left"),
        ("median", "right"),
        ("ratio", "right"),
        ("target", "left"),
        ("wrong", "right"),
        ("", "left"),
    ):
        table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=name not in ("", "figure"))
    for each in figures:
        met = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[each.holds]
        table.add_row(
            each.name,
            f"{number(each.value)} {each.unit}",
            "" if each.ratio is None else f"{each.ratio:.2f} of {each.against}",
            f"{each.target} {met}".strip(),
            "" if each.wrong is None else str(each.wrong),
            each.note,
        )
    # Into a file or a pipe whole lines go, however long.
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def number(value: float) -> str:
    """A value with as many digits as it can bear."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"
