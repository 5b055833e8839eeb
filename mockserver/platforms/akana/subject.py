"""What Akana's functions, conditions and variables work on: one thing in one world, and who acts on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mockserver.platforms.akana.models import APP_VERSIONS, CONTRACTS, AppVersion, Contract, User
from mockserver.platforms.akana.people import Governed
from mockserver.platforms.akana.workflow.context import Context
from mockserver.world.world import World


@dataclass(frozen=True)
class Subject:
    """The thing a workflow governs, read anew each time: after its deletion there is none.

    `user` is None while the platform itself acts, which holds every role. `approving` is the id of a
    contract that counts as approved although it is not yet.
    """

    world: World
    id: str
    user: User | None
    comment: str = ""
    approving: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def version(self) -> AppVersion | None:
        """The app version: itself, or the one whose contract this is."""
        contract = self.contract
        return self.world[APP_VERSIONS].get(contract.app_version if contract is not None else self.id)

    @property
    def contract(self) -> Contract | None:
        """The contract, where it is one."""
        return self.world[CONTRACTS].get(self.id)

    @property
    def thing(self) -> Governed | None:
        """Whichever of the two it is."""
        return self.contract or self.version

    @property
    def who(self) -> str:
        """The acting user's name, as `${caller}` shows it."""
        return self.user.user_name if self.user is not None else SYSTEM

    @property
    def inputs(self) -> Mapping[str, str]:
        """What came with this one action."""
        return {"action.comment": self.comment}


SYSTEM = "system"
"""Who acts when the platform does."""

Here = Context[Subject]
