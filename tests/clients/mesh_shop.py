"""What the mesh is: its services, what each of them does for a path, and how their proxies call one another.

    gateway -> web -> catalog -> stock        web calls catalog and cart, and both call stock
                   -> cart ----> stock
                   -> reviews -> ratings      ratings fails for good at times, and reviews may not mind
                   -> orders --> payments     payments fails at first, and is tried again
                             --> stock        the first endpoint is dead, the second is not
                             --> invoices     has no endpoint at all

All of it is data, so that what has to be counted can be derived from it (`Expected`).
"""

from collections import Counter
from dataclasses import dataclass

NAMESPACE = "shop"
GATEWAY, ENTRY = "gateway", "web"
ALWAYS = 1_000


@dataclass(frozen=True)
class Work:
    """What a service does for a path: calls others, one after the other or all at once, and answers with their worst
    status; or it fails, at its first attempts or at all."""

    calls: tuple = ()
    at_once: bool = False
    swallows_errors: bool = False
    failing_attempts: int = 0
    status: int = 503
    # Fails without an answer: the connection is closed.
    cuts: bool = False


@dataclass(frozen=True)
class Route:
    """How a service's proxy reaches another one."""

    retries: int = 0
    first_is_dead: bool = False
    is_absent: bool = False


WORK = {
    "web": {
        "/home": Work(("catalog", "cart", "reviews"), at_once=True),
        "/product": Work(("catalog", "cart")),
        "/order": Work(("orders",)),
        "/order-flaky": Work(("orders",)),
        "/order-cut": Work(("orders",)),
        "/order-broken": Work(("orders",)),
        "/invoice": Work(("orders",)),
        "/reviews": Work(("reviews",)),
    },
    "catalog": {"/home": Work(), "/product": Work(("stock",))},
    "cart": {"/home": Work(), "/product": Work(("stock",))},
    "reviews": {"/home": Work(("ratings",)), "/reviews": Work(("ratings",), swallows_errors=True)},
    "ratings": {"/home": Work(), "/reviews": Work(failing_attempts=ALWAYS, status=500)},
    "orders": {
        "/order": Work(("stock", "payments")),
        "/order-flaky": Work(("payments",)),
        "/order-cut": Work(("payments",)),
        "/order-broken": Work(("payments",)),
        "/invoice": Work(("invoices",)),
    },
    "payments": {
        "/order": Work(),
        "/order-flaky": Work(failing_attempts=1),
        "/order-cut": Work(failing_attempts=1, cuts=True),
        "/order-broken": Work(failing_attempts=ALWAYS),
    },
    "stock": {"/product": Work(), "/order": Work()},
}
ROUTES = {
    ("orders", "payments"): Route(retries=2),
    ("orders", "stock"): Route(retries=1, first_is_dead=True),
    ("orders", "invoices"): Route(is_absent=True),
}
PATHS = ["/home", "/product", "/order", "/order-flaky", "/order-cut", "/order-broken", "/invoice", "/reviews", "/nothing"]
# The services whose apps speak for themselves when half of them do, and by which names; stock's is not its own.
SDK_NAMES = {"web": "web", "catalog": "catalog", "orders": "orders", "stock": "inventory-service"}


def route(source, target):
    return ROUTES.get((source, target), Route())


def targets(service):
    """Whom a service calls, for any path."""
    if service == GATEWAY:
        return [ENTRY]
    return sorted({target for work in WORK[service].values() for target in work.calls})


def levels():
    """The services in groups, each of which calls only those of the groups before it."""
    known, left = {target for _, target in ROUTES if target not in WORK}, [*WORK, GATEWAY]
    while left:
        ready = [service for service in left if known.issuperset(targets(service))]
        yield ready
        known.update(ready)
        left = [service for service in left if service not in known]


def status_of_call(source, target, path):
    """What a caller gets after all attempts."""
    way = route(source, target)
    if way.is_absent:
        return 503
    work = WORK[target].get(path)
    if work is None:
        return 404
    if work.failing_attempts > way.retries:
        return work.status
    return status_of_work(target, work, path)


def status_of_work(service, work, path):
    """The worst status of the calls."""
    if work.swallows_errors:
        return 200
    return max((status_of_call(service, target, path) for target in work.calls), default=200)


class Expected:
    """What some requests have to come to, by the data above: per edge, and in spans."""

    def __init__(self, has_upstream_spans, sdk_services):
        self.has_upstream_spans, self.sdk_services = has_upstream_spans, sdk_services
        self.spans, self.requests, self.errors, self.attempts = 0, Counter(), Counter(), Counter()

    def request(self, path):
        """Adds a request that the world makes of the gateway; returns how many spans it makes."""
        before = self.spans
        self._call(GATEWAY, ENTRY, path)
        return self.spans - before

    def _call(self, source, target, path):
        """A call through the source's proxy, which makes a span of it, and one of each attempt if it does so."""
        way, work = route(source, target), None if target not in WORK else WORK[target].get(path)
        failing = min(work.failing_attempts, way.retries) if work else 0
        arrivals = 0 if way.is_absent else failing + 1
        attempts = arrivals + way.first_is_dead
        self.spans += (source in self.sdk_services) + 1 + (attempts if self.has_upstream_spans else 0)
        self.requests[source, target] += 1
        self.attempts[source, target] += attempts
        self.errors[source, target] += status_of_call(source, target, path) >= 500
        for attempt in range(1, arrivals + 1):
            self._arrival(target, work, path, attempt)

    def _arrival(self, service, work, path, attempt):
        """An attempt at its target: a span of the proxy, one of its call to the app, and the app's own."""
        self.spans += 1 + self.has_upstream_spans + (service in self.sdk_services)
        if work is not None and attempt > work.failing_attempts:
            for target in work.calls:
                self._call(service, target, path)
