"""Which rule holds for what falls due: the latest that was published before that moment.

For a cycle whose teachers are all of one experience band a rule of that band goes before the rule for all, and
that before the product's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from notifications.due import BEFORE
from notifications.rules import BY_MILESTONE, Rule
from notifications.watched import PublishedRule, RuleVersion

DueBy = Callable[[Rule], datetime | None]
"""When a rule makes something due; None: at a moment to come that nobody knows yet; BEFORE: never."""

Version = tuple[Rule, datetime | None]
"""A rule and when it was published; None: it is the product's."""


def versions(milestone: str, band: str | None, published: Sequence[PublishedRule]) -> Iterator[Version]:
    """The rules for a milestone, those that go before others first."""
    default = BY_MILESTONE[milestone]
    own = [rule for rule in published if rule.milestone == milestone]
    for wanted in (band, None) if band else (None,):
        for rule in own:
            if rule.experience_band == wanted:
                yield from ((as_published(default, told), told.published_at) for told in rule.versions)
    yield default, None


def in_force(found: Iterable[Version], due_by: DueBy) -> tuple[Rule, datetime] | None:
    """The first of these rules that was published before what it makes due, and when that is.

    None while that is not known: an older rule then holds only for what it made due before this one was published.
    """
    until: datetime | None = None
    for rule, since in found:
        due_at = due_by(rule)
        if due_at is None:
            until = min(since, until or since) if since else None
        elif (
            due_at is not BEFORE and (since is None or due_at > since) and (until is None or due_at <= until)
        ):
            return rule, due_at
    return None


def as_published(default: Rule, told: RuleVersion) -> Rule:
    """A default with what a district changed of it."""
    return replace(
        default,
        version=told.version,
        enabled=told.enabled,
        days=default.days if told.days is None else told.days,
        hours=default.hours if told.hours is None else told.hours,
        recipients=told.recipients,
    )
