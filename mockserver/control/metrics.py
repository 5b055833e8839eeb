"""What goes on in a server, as numbers that Prometheus reads.

While requests come only plain dictionaries are counted in; what can be asked of the worlds is asked
when somebody scrapes, and prometheus-client is imported then.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mockserver.delivery.runtime import Runtime
from mockserver.wire import Platform
from mockserver.world.journal import Exchange
from mockserver.world.outbox import DELIVERIES
from mockserver.world.world import World

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from prometheus_client.registry import CollectorRegistry

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
NOWHERE = "none"
"""The platform and route of a request that no route took. Nothing that a client sends becomes a label."""

STATES = ("pending", "waiting", "delivered", "failed")


class Metrics:
    """Counts what the worlds of a runtime record, and renders it with what they hold."""

    def __init__(self, runtime: Runtime, platforms: Iterable[Platform], release: str) -> None:
        self._runtime = runtime
        self._release = release
        self._platform_of = {route.name: platform.name for platform in platforms for route in platform.routes}
        self._requests: dict[tuple[str | None, int | None], _Cell] = {}
        self._attempts: Counter[str] = Counter()
        self._actions: Counter[tuple[str, str]] = Counter()
        self._violations: Counter[str] = Counter()
        self._registry: CollectorRegistry | None = None
        runtime.worlds.observers.append(self.observe)

    def observe(self, world: World | None, exchange: Exchange) -> None:
        """Count one exchange; without a world it is a request that found none."""
        match exchange.kind:
            case "inbound":
                key = (exchange.route, exchange.status)
                cell = self._requests.get(key)
                if cell is None:
                    cell = self._requests[key] = _Cell()
                cell.count(exchange.seconds)
                if exchange.violations:
                    self._violations[self._platform(exchange.route)] += len(exchange.violations)
            case "delivery":
                self._attempts[_outcome(exchange)] += 1
            case "action":
                known = world is not None and exchange.path in world.schema.actions
                name = exchange.path if known else NOWHERE
                self._actions[name, "refused" if exchange.error else "done"] += 1

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """The numbers as text and its content type: Prometheus's own format, or OpenMetrics where it is asked for."""
        from prometheus_client.exposition import choose_encoder

        if self._registry is None:
            self._registry = self._register()
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type

    def collect(self) -> Iterator[Metric]:
        """Every number there is; prometheus-client calls this for each scrape."""
        from prometheus_client.core import CounterMetricFamily as Count
        from prometheus_client.core import GaugeMetricFamily as Gauge
        from prometheus_client.core import HistogramMetricFamily as Histogram
        from prometheus_client.core import InfoMetricFamily as Info

        worlds = list(self._runtime.worlds)
        yield Info("mockserver", "The release that runs.", value={"version": self._release})
        ready = self._runtime.why_not_ready is None
        yield Gauge("mockserver_ready", "1 while requests are accepted.", value=float(ready))
        requests = Count("mockserver_requests", "Vendor requests.", labels=("platform", "route", "status"))
        latencies: dict[str, _Cell] = {}
        for (route, status), cell in self._requests.items():
            platform = self._platform(route)
            requests.add_metric((platform, route or NOWHERE, str(status)), cell.total)
            latencies.setdefault(platform, _Cell()).add(cell)
        yield requests
        latency = Histogram(
            "mockserver_request_seconds", "From the last byte of a vendor request to its answer.", labels=("platform",)
        )
        for platform, cell in latencies.items():
            latency.add_metric((platform,), cell.buckets(), cell.seconds)
        yield latency
        yield _counted(
            Count("mockserver_violations", "Forms nobody documents.", labels=("platform",)), self._violations
        )
        unaddressed = self._runtime.worlds.unaddressed_count
        yield Count("mockserver_unaddressed_requests", "Requests that led to no world.", value=unaddressed)
        attempts = Count("mockserver_delivery_attempts", "Webhooks sent, by what came of it.", labels=("outcome",))
        yield _counted(attempts, self._attempts)
        yield _counted(Count("mockserver_actions", "Actions run.", labels=("action", "outcome")), self._actions)
        yield Gauge("mockserver_worlds", "Worlds there are.", value=len(worlds))
        yield from _held(worlds, Gauge)

    def _platform(self, route: str | None) -> str:
        return self._platform_of.get(route or "", NOWHERE)

    def _register(self) -> CollectorRegistry:
        from prometheus_client import GCCollector, ProcessCollector
        from prometheus_client.registry import CollectorRegistry

        # Not the global registry: a process may hold several servers, and whoever embeds one has metrics of their own.
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        return registry


class _Cell:
    """Requests of one kind: how many, how long all together, and how many were that fast."""

    __slots__ = ("fast", "seconds", "total")

    def __init__(self) -> None:
        self.total = 0
        self.seconds = 0.0
        self.fast = [0] * (len(BUCKETS) + 1)

    def count(self, seconds: float) -> None:
        self.total += 1
        self.seconds += seconds
        self.fast[bisect_left(BUCKETS, seconds)] += 1

    def add(self, other: _Cell) -> None:
        self.total += other.total
        self.seconds += other.seconds
        self.fast = [a + b for a, b in zip(self.fast, other.fast, strict=True)]

    def buckets(self) -> list[tuple[str, float]]:
        """Upper bounds with how many were at most that, as Prometheus wants them."""
        bounds = (*map(str, BUCKETS), "+Inf")
        return [(bound, float(sum(self.fast[: n + 1]))) for n, bound in enumerate(bounds)]


def _outcome(exchange: Exchange) -> str:
    if exchange.status is None:
        return "unreachable"
    return "delivered" if 200 <= exchange.status < 300 else "refused"


def _counted(family: Any, counts: Counter[Any]) -> Any:
    for labels, count in counts.items():
        family.add_metric(labels if isinstance(labels, tuple) else (labels,), count)
    return family


def _held(worlds: list[World], gauge: Any) -> Iterator[Metric]:
    """What the worlds hold now, all together."""
    kinds = {name for world in worlds[:1] for name in world.schema.kind_of}
    documents: Counter[str] = Counter(dict.fromkeys(sorted(kinds), 0))
    deliveries: Counter[str] = Counter(dict.fromkeys(STATES, 0))
    for world in worlds:
        for name, collection in world.held.items():
            documents[name] += len(collection)
        for state in STATES:
            deliveries[state] += world[DELIVERIES].count("state", state)
    yield _counted(gauge("mockserver_documents", "Documents, by kind.", labels=("collection",)), documents)
    yield _counted(gauge("mockserver_deliveries", "Webhooks that are kept, by state.", labels=("state",)), deliveries)
    journals = [world.journal for world in worlds]
    yield gauge("mockserver_journal_exchanges", "Exchanges in the journals.", value=sum(map(len, journals)))
    yield gauge("mockserver_journal_bytes", "About what they take.", value=sum(each.bytes for each in journals))
    yield gauge(
        "mockserver_journal_dropped_exchanges",
        "Exchanges that the journals of the present worlds have dropped.",
        value=sum(each.dropped for each in journals),
    )
