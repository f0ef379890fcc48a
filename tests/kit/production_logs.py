"""Logs as production writes them, for tests that read them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from backbone import logs


@contextmanager
def logging_as_in_production() -> Iterator[None]:
    """Logs as a service writes them, to stdout as it is now; as before at the end."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    logs.configure("directory", level="debug")
    structlog.configure(cache_logger_on_first_use=False)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        structlog.reset_defaults()
        plain()


def plain() -> None:
    """Tracebacks in tests as Python writes them. What structlog does by itself draws every local of every frame: half
    a second of the one loop on which services, leases and clients of a test live.
    """
    structlog.configure(
        [
            *structlog.get_config()["processors"][:-1],
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )
