"""Errands: what a service does in the world outside, beside recording: mail is one.

It runs where projections run, in as many processes as do, and is begun again when it fails. What it did is told
by commands under deterministic ids, so doing it again does nothing more; what it cannot undo it claims first.
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One kind of errand of one process."""

    name: str
    """Under which readiness tells how it stands."""
    run: Callable[[], Coroutine[Any, Any, None]]
    """Until cancelled."""
    due: Callable[[UUID], Awaitable[int]]
    """How much of a district's should have been done by its clock and has not even been tried; in any process."""
    told: Callable[[], Awaitable[Mapping[str, Any]]]
    """How it stands, to be shown; whatever it is, the service is ready without it."""
