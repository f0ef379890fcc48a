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
