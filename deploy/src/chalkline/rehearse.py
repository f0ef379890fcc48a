"""Asking notifications what another rule would have told whom, for an operator at a terminal."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import yaml

from chalkline import asking, delegating, issuer
from chalkline.issuer import Bearer
from chalkline.problem import Problem
from chalkline.state import State

PATH: Final = "/v1/milestone-rule-rehearsals"
TOLD: Final = ("milestone", "enabled", "days", "hours", "experience_band", "recipients")
"""What a file may say of a rule."""
LARGEST: Final = 64 * 1024

Rule = dict[str, Any]


def rule_in(path: Path) -> Rule:
    """The rule in a YAML file. Raises Problem."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        told = yaml.safe_load(content) if len(content) <= LARGEST else None
    except OSError as error:
        raise Problem(f"{path} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeError, RecursionError) as error:
        raise Problem(f"{path} is not YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(told, dict) or not all(isinstance(name, str) for name in told):
        raise Problem(f"{path} is no rule", f"it says, line by line, some of: {', '.join(TOLD)}")
    if unknown := set(told) - set(TOLD):
        raise Problem(f"{path}: a rule has no {', '.join(sorted(unknown))}", f"it has: {', '.join(TOLD)}")
    return told


@contextmanager
def answered(
    state: State, tenant: UUID, rule: Rule, accept: str, since: date | None, until: date | None
) -> Iterator[httpx.Response]:
    """The answer, its body still to come. Raises Problem where it was refused."""
    directory, notifications = delegating.chosen(state, ["directory", "notifications"])
    token = issuer.token(state, Bearer("operator", "operator", str(tenant)))
    headers = {"Authorization": f"Bearer {token}"}
    timeout = httpx.Timeout(30, read=600)
    try:
        with asking.client(timeout=timeout, headers=headers) as http:
            zone = ZoneInfo(_found(http.get(f"{directory.url}/v1/districts/{tenant}"), tenant)["time_zone"])
            days = {"since": since, "until": until}
            body = rule | {name: _midnight(day, zone) for name, day in days.items() if day}
            with http.stream(
                "POST", f"{notifications.url}{PATH}", json=body, headers={"Accept": accept}
            ) as answer:
                if not answer.is_success:
                    answer.read()
                    raise _refused(answer)
                yield answer
    except httpx.HTTPError as error:
        raise Problem(f"the rehearsal was cut off: {error or type(error).__name__}", "try again") from error


def rows_of(answer: httpx.Response) -> list[dict[str, Any]]:
    """What was answered as lines of JSON."""
    return [json.loads(line) for line in answer.iter_lines()]


def counts(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many notifications of each outcome."""
    found = Counter(row["outcome"] for row in rows)
    return {outcome: found[outcome] for outcome in ("same", "new", "no_more")}


def _midnight(day: date, zone: ZoneInfo) -> str:
    return datetime.combine(day, time(0), zone).astimezone(UTC).isoformat()


def _found(answer: httpx.Response, tenant: UUID) -> Any:
    if answer.status_code == httpx.codes.NOT_FOUND:
        raise Problem(f"there is no district {tenant}", "give a district's UUID, or a persona of it")
    if not answer.is_success:
        raise _refused(answer)
    return answer.json()["data"]


def _refused(answer: httpx.Response) -> Problem:
    try:
        told = answer.json()
    except ValueError:
        return Problem(f"the rehearsal was answered with {answer.status_code}", "try again")
    faults = [f"{fault['pointer'].lstrip('/')} {fault['message']}" for fault in told.get("errors", ())]
    details = [f"{name}: {value}" for name, value in told.get("details", {}).items()]
    why = "; ".join(faults or [told.get("detail") or told["title"], *details])
    return Problem(f"it was not rehearsed ({told['code']}): {why}")
