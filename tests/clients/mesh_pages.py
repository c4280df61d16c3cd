"""What the Envoys of a mesh counted, as their own pages say it.

While an Envoy streams its stats, some of them change for ever: bytes that were sent with them, memory, the time since
the start. So each page is read twice, with flushes before and in between; what both say is settled, and the stream has
said it too.
"""

import time

from mesh_envoy import MetricsService

FLUSHES_SECONDS_MAX = 30
# One may be under way.
FLUSHES = 2
# Only what was counted or set at least once: of the rest the stream says nothing.
PAGE = "/stats/prometheus?usedonly"


def settled_pages(proxies):
    """By node: both pages as they are, and a time in between at which the stream's last samples were those of the
    second."""
    proxies = list(proxies)
    _await_flushes(proxies)
    before = [proxy.read(PAGE) for proxy in proxies]
    _await_flushes(proxies)
    time_ms = time.time_ns() // 1_000_000
    after = [proxy.read(PAGE) for proxy in proxies]
    return {
        proxy.node: {"before": one, "after": other, "time_ms": time_ms}
        for proxy, one, other in zip(proxies, before, after, strict=True)
    }


def _await_flushes(proxies):
    for proxy in proxies:
        for _ in range(FLUSHES):
            _await_flush(proxy)


def _await_flush(proxy):
    """Each flush sends something."""
    name = f"cluster.{MetricsService.CLUSTER}.upstream_cx_tx_bytes_total"
    sent, deadline = proxy.counter(name), time.monotonic() + FLUSHES_SECONDS_MAX
    while proxy.counter(name) == sent:
        if time.monotonic() > deadline:
            raise RuntimeError(f"the stats of {proxy.service}'s proxy were not flushed in {FLUSHES_SECONDS_MAX} s")
        time.sleep(0.05)
