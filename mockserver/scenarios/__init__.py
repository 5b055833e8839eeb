"""Scripts that act in a world, wait for what a plugin does, and say how it differed.

`load_scenario` reads one, `run` performs it on a `Stage`, and the report of a run is plain data.
"""

from __future__ import annotations

from mockserver.scenarios.loader import load_scenario, scenario_from
from mockserver.scenarios.model import Scenario
from mockserver.scenarios.performance import Stage
from mockserver.scenarios.report import RunReport, StepEvent, StepReport, describe, story
from mockserver.scenarios.runner import run

__all__ = [
    "RunReport",
    "Scenario",
    "Stage",
    "StepEvent",
    "StepReport",
    "describe",
    "load_scenario",
    "run",
    "scenario_from",
    "story",
]
