"""What Prometheus reads of a service. Others count here; `/metrics` shows it."""

from functools import cache

from prometheus_client import Counter, Gauge, Histogram

EVENTS_APPENDED = Counter("chalkline_events_appended", "Events committed to the ledger")
APPEND_BATCH = Histogram(
    "chalkline_append_batch_commands",
    "Commands that one call of the ledger took",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
COMMANDS = Counter("chalkline_commands", "Commands by what became of them", ["outcome"])
HTTP_SECONDS = Histogram(
    "chalkline_http_seconds",
    "Time from request to answer",
    ["method", "route", "status"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
HEAD = Gauge("chalkline_head_position", "Position of the last event of the ledger")
RELAY_LAG = Gauge("chalkline_relay_lag_events", "Events committed and not yet in the stream")
PROJECTOR_LAG = Gauge("chalkline_projector_lag_events", "Events recorded and not yet projected", ["source"])
POLICY_LAG = Gauge("chalkline_policy_lag_events", "Events projected and not yet reacted to", ["source"])
PARKED = Gauge("chalkline_parked", "Aggregates that wait for an operator")
LIMITED = Counter(
    "chalkline_limited_requests",
    "Requests that waited for their turn, or were refused, by which it was",
    ["what"],
)
TIMERS_DUE = Gauge("chalkline_timers_due", "Timers that are due and have not fired")


def appended(events: int, commands: int) -> None:
    """One call of the ledger committed."""
    EVENTS_APPENDED.inc(events)
    APPEND_BATCH.observe(commands)


def settled(outcome: str) -> None:
    """A command was answered: committed, repeated, or a problem's code."""
    _commands(outcome).inc()


@cache
def _commands(outcome: str) -> Counter:
    return COMMANDS.labels(outcome)


def limited(what: str) -> None:
    """A request was held up: waited, refused, or a stranger's."""
    _limited(what).inc()


@cache
def _limited(what: str) -> Counter:
    return LIMITED.labels(what)
