"""What must leave a world: webhooks and other calls, decided in a transaction, sent after its commit."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec

from mockserver.errors import Full, Refused
from mockserver.world.clock import Clock, Timers
from mockserver.world.collection import Collection, Kind
from mockserver.world.minter import Minter

DeliveryState = Literal["pending", "waiting", "delivered", "failed"]
Pairs = tuple[tuple[str, str], ...]

RETRY = "core.retry_delivery"
"""The name of the timer's work that makes a waiting delivery pending again."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One try: when (world time), how long it took, and what came back or what went wrong.

    `interrupted` says that the server ended while it was under way: whether it arrived, nobody knows.
    """

    n: int
    at: datetime
    seconds: float
    status: int | None = None
    headers: Pairs = ()
    body: str = ""
    error: str | None = None
    exchange: int | None = None
    interrupted: bool = False


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One outbound call and everything that became of it.

    `pending` is to be sent now, `waiting` holds until a retry timer, `delivered` got a 2xx,
    `failed` will not be tried again by itself. `about` names the document it concerns.
    `begun` is when the attempt now under way began, so that one that a crash cuts off is known.
    `outcome` is an action that receives the final attempt, with `outcome_arguments` besides.
    `guard` is an action that refuses when the call must not be sent again.
    """

    id: str
    event: str
    about: str
    method: str
    url: str
    headers: Pairs
    body: str
    created: datetime
    state: DeliveryState = "pending"
    retry_after: tuple[float, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    begun: datetime | None = None
    outcome: str | None = None
    outcome_arguments: Mapping[str, Any] = {}
    redelivery_of: str | None = None
    guard: str | None = None


DELIVERIES: Kind[Delivery] = Kind("core.deliveries", Delivery, indexes=("about", "state"))


def without_exchanges(delivery: Delivery) -> Delivery:
    """The same delivery for a world whose journal has begun anew, where the numbers would lead astray."""
    attempts = tuple(msgspec.structs.replace(attempt, exchange=None) for attempt in delivery.attempts)
    return msgspec.structs.replace(delivery, attempts=attempts) if attempts else delivery


class Outbox:
    """Deliveries of one world, `most()` of them. The dispatcher sends what a commit leaves `pending`."""

    def __init__(
        self,
        deliveries: Collection[Delivery],
        clock: Clock,
        timers: Timers,
        mint: Minter,
        most: Callable[[], int],
    ) -> None:
        self._deliveries = deliveries
        self._clock = clock
        self._timers = timers
        self._mint = mint
        self._most = most

    def send(
        self,
        event: str,
        *,
        about: str,
        url: str,
        method: str = "POST",
        headers: Pairs = (),
        body: str = "",
        retry_after: Sequence[timedelta] = (),
        outcome: str | None = None,
        outcome_arguments: Mapping[str, Any] | None = None,
        guard: str | None = None,
    ) -> Delivery:
        """Queue a call; it leaves once this transaction has committed, and never if it does not.

        `retry_after` are the waits before each further attempt, on the world's clock. Raises `Full` when
        as many as may be are not over yet.
        """
        self._make_room()
        return self._deliveries.insert(
            Delivery(
                id=f"delivery-{self._mint.count('delivery')}",
                event=event,
                about=about,
                method=method,
                url=url,
                headers=headers,
                body=body,
                created=self._clock.now(),
                retry_after=tuple(wait.total_seconds() for wait in retry_after),
                outcome=outcome,
                outcome_arguments=copy.deepcopy(dict(outcome_arguments or {})),
                guard=guard,
            )
        )

    def redeliver(self, delivery_id: str) -> Delivery:
        """Send the same bytes to the same place again, as a delivery of its own."""
        original = self._deliveries[delivery_id]
        if original.state in ("pending", "waiting"):
            raise Refused(f"{delivery_id} is still {original.state}.", hint="Wait for its outcome first.")
        self._make_room()
        return self._deliveries.insert(
            msgspec.structs.replace(
                original,
                id=f"delivery-{self._mint.count('delivery')}",
                created=self._clock.now(),
                state="pending",
                attempts=(),
                redelivery_of=original.redelivery_of or original.id,
            )
        )

    def begin(self, delivery_id: str) -> Delivery:
        """Note that an attempt is about to be made."""
        return self._deliveries.change(delivery_id, begun=self._clock.now())

    def record(self, delivery_id: str, attempt: Attempt) -> Delivery:
        """Note an attempt: delivered on 2xx, else wait for the next one or give up."""
        delivery = self._deliveries[delivery_id]
        done = len(delivery.attempts)
        state: DeliveryState = "failed"
        if attempt.status is not None and 200 <= attempt.status < 300:
            state = "delivered"
        elif done < len(delivery.retry_after):
            state = "waiting"
            self._timers.after(timedelta(seconds=delivery.retry_after[done]), RETRY, delivery=delivery_id)
        attempts = (*delivery.attempts, attempt)
        return self._deliveries.change(delivery_id, state=state, attempts=attempts, begun=None)

    def retry(self, delivery_id: str) -> None:
        """Make a waiting delivery pending; one that is over, or gone, stays so."""
        delivery = self._deliveries.get(delivery_id)
        if delivery is not None and delivery.state == "waiting":
            self._deliveries.change(delivery_id, state="pending")

    def give_up(self, delivery_id: str, reason: str) -> None:
        """End a waiting delivery without another call; the reason is kept as its last attempt."""
        delivery = self._deliveries[delivery_id]
        attempt = Attempt(n=len(delivery.attempts) + 1, at=self._clock.now(), seconds=0.0, error=reason)
        self._deliveries.change(delivery_id, state="failed", attempts=(*delivery.attempts, attempt))

    def _make_room(self) -> None:
        """Let the oldest deliveries that are over give way, some at once so that it need not be done each time."""
        most = self._most()
        if len(self._deliveries) < most:
            return
        open_now = sum(self._deliveries.count("state", state) for state in ("pending", "waiting"))
        if open_now >= most:
            raise Full(
                f"{open_now} webhooks of this world are not over yet, which is as many as may be.",
                hint="The world's setting core.max_deliveries is how many.",
            )
        too_many = len(self._deliveries) - most + 1 + most // 100
        over = (each.id for each in self._deliveries if each.state in ("delivered", "failed"))
        for key in list(itertools.islice(over, too_many)):
            self._deliveries.delete(key)
