"""Counters and gauges for Prometheus, in a registry of their own. No label ever holds a token or an address."""

from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from storage import Queue, Store, Transaction

MOST_PARKED = 1_000
METHODS = frozenset({"GET", "HEAD", "POST"})


class Metrics:
    """What one process counts, and how the queues stand when it is asked."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "comptoir_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "comptoir_request_seconds", "Time to answer a request.", ["route"], registry=self.registry
        )
        self._decisions = Counter(
            "comptoir_decisions",
            "What was clicked on pages, and what came of it.",
            ["choice", "result"],
            registry=self.registry,
        )
        self._unknown = Counter(
            "comptoir_unknown_links", "Requests for links nobody was sent.", registry=self.registry
        )
        self._slowed = Counter("comptoir_slowed_peers", "Peers told to slow down.", registry=self.registry)
        self._waiting = Gauge("comptoir_queue_waiting", "Jobs not finished.", ["queue"], registry=self.registry)
        self._parked = Gauge(
            "comptoir_queue_parked", "Jobs set aside for a person.", ["queue"], registry=self.registry
        )
        self._late = Gauge(
            "comptoir_queue_late_seconds", "How long the first job due has waited.", ["queue"], registry=self.registry
        )

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        known = method if method in METHODS else "other"
        self._requests.labels(method=known, route=route, status=str(status)).inc()
        self._seconds.labels(route=route).observe(seconds)

    def decided(self, choice: str, result: str) -> None:
        """`choice` is one of a page's own, never what a stranger typed."""
        self._decisions.labels(choice=choice, result=result).inc()

    def unknown_link(self) -> None:
        self._unknown.inc()

    def slowed(self) -> None:
        self._slowed.inc()

    async def exposition(self, store: Store, now: datetime) -> bytes:
        """Everything, in Prometheus' text format."""
        for name, (waiting, parked, late) in (await store.read(lambda tx: _queues(tx, now))).items():
            self._waiting.labels(queue=name).set(waiting)
            self._parked.labels(queue=name).set(parked)
            self._late.labels(queue=name).set(late)
        return generate_latest(self.registry)


def _queues(tx: Transaction, now: datetime) -> dict[str, tuple[int, int, float]]:
    queues: dict[str, Queue] = {"inbox": tx.inbox, "outbox": tx.outbox, "deadlines": tx.deadlines}
    return {name: _figures(queue, now) for name, queue in queues.items()}


def _figures(queue: Queue, now: datetime) -> tuple[int, int, float]:
    due = queue.next_due()
    late = max(0.0, (now - due).total_seconds()) if due else 0.0
    return queue.waiting(), len(queue.parked(MOST_PARKED)), late
