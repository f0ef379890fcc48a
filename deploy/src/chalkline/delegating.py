"""One-shots of the services: each does its own work on its own data; this starts them and gathers answers."""

import asyncio
import json
import subprocess
from collections.abc import Sequence
from typing import Any

from chalkline import issuer, presence, show
from chalkline.problem import Problem
from chalkline.services import Service
from chalkline.state import SERVICES, State, read_json


def chosen(state: State, names: Sequence[str]) -> list[Service]:
    """The named services, or all. Raises Problem when there is no platform or no such service."""
    if unknown := set(names) - set(SERVICES):
        raise Problem(
            f"there is no service {', '.join(sorted(unknown))}", f"there are: {', '.join(SERVICES)}"
        )
    ports: dict[str, int] = read_json(state.ports) or {}
    wanted = [name for name in SERVICES if name in names] if names else list(SERVICES)
    if missing := [name for name in (*wanted, "postgres", "nats") if name not in ports]:
        raise Problem(
            f"{', '.join(missing)} never ran in {state.home}", f"start it: {show.called(state, 'up')}"
        )
    if presence.known(state) and not presence.running(state):
        raise Problem(f"no platform runs in {state.home}", f"start it: {show.called(state, 'up')}")
    return [Service(name, state, ports) for name in wanted]


def run(services: Sequence[Service], arguments: Sequence[str], *, acts: bool = False) -> int:
    """One after another, each saying on the terminal who it is and what it found. The worst exit code.

    `acts`: it is an operator's act, and done with an operator's token.
    """
    worst = 0
    for service in services:
        done = subprocess.run(
            service.command(*arguments), env=_quietly(service, acts), cwd=service.state.home, check=False
        )
        worst = max(worst, abs(done.returncode))
    return worst


async def gather(
    services: Sequence[Service], arguments: Sequence[str], *, given: str = "", acts: bool = False
) -> tuple[dict[str, Any], int]:
    """Each one's `--json` answer by name, and the worst exit code; `given` is what each reads from standard input."""
    answers = await asyncio.gather(*(_one(service, arguments, given, acts) for service in services))
    told = {service.name: answer for service, (answer, _) in zip(services, answers, strict=True)}
    return told, max((code for _, code in answers), default=0)


async def _one(service: Service, arguments: Sequence[str], given: str, acts: bool) -> tuple[Any, int]:
    process = await asyncio.create_subprocess_exec(
        *service.command(*arguments, "--json"),
        env=_quietly(service, acts),
        cwd=service.state.home,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(given.encode())
    code = abs(process.returncode or 0)
    printed = out.decode(errors="replace")
    if (found := _last_document(printed)) is not None and (code == 0 or "level" not in found):
        return found, code
    return {"error": (err.decode(errors="replace") or printed).strip()[-2000:]}, code or 1


def _last_document(printed: str) -> dict[str, Any] | None:
    """What it found: the last JSON object it printed. Its logs go to the same place, before that."""
    decoder, at, found = json.JSONDecoder(), printed.find("{"), None
    while at >= 0:
        try:
            found, at = decoder.raw_decode(printed, at)
        except ValueError:
            at += 1
        at = printed.find("{", at)
    return found


def _quietly(service: Service, acts: bool) -> dict[str, str]:
    token = issuer.token(service.state, issuer.Bearer("operator", "operator", None)) if acts else ""
    return {
        **service.environment(),
        "CHALKLINE_LOG_LEVEL": "error",
        **({"CHALKLINE_OPERATOR_TOKEN": token} if acts else {}),
    }
