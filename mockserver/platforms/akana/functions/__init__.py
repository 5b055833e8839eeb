"""What Akana's workflows can do, as entries for the engine's registry."""

from __future__ import annotations

from mockserver.platforms.akana.functions.connections import FUNCTIONS as CONNECTIONS
from mockserver.platforms.akana.functions.general import FUNCTIONS as GENERAL
from mockserver.platforms.akana.functions.oauth import FUNCTIONS as OAUTH
from mockserver.platforms.akana.functions.telling import FUNCTIONS as TELLING
from mockserver.platforms.akana.functions.versions import FUNCTIONS as VERSIONS
from mockserver.platforms.akana.subject import Subject
from mockserver.platforms.akana.workflow.registry import Registered

FUNCTIONS: tuple[Registered[Subject], ...] = (*CONNECTIONS, *TELLING, *VERSIONS, *OAUTH, *GENERAL)
