"""What runs, where it answers and how far it is: the one place any tool can find everything from."""

import asyncio
import json
from typing import Any

import httpx

from chalkline import issuer, presence, processes
from chalkline.scaling import service_of
from chalkline.services import UNDECIDED, Service
from chalkline.state import SERVERS, SERVICES, State, read_json

ERRANDS = {"notifications": ("mail",)}
"""What a service does in the world outside, of which its readiness tells."""


async def status(state: State) -> dict[str, Any]:
    """The platform as it is now.

    `state` is `ready`, `starting`, `degraded` (running, but not everything is ready), `stopping`,
    `failed` or `stopped`. A service's own entry is its first process; `replicas` are those beside it, by name,
    and `urls` where all of them answer.
    """
    told = presence.known(state)
    pid = presence.running(state)
    chosen: dict[str, int] = read_json(state.ports) or {}
    wanted = told.get("wanted", [])
    beside = [name for name in wanted if name not in (*SERVERS, *SERVICES)]
    known = {name: told.get("parts", {}).get(name, {}) for name in (*SERVERS, *SERVICES, *beside)}
    async with httpx.AsyncClient(timeout=3, trust_env=False) as http:
        answers = await asyncio.gather(
            *(_service(state, name, chosen, known[name], http) for name in (*SERVICES, *beside))
        )
    servers = {name: _server(state, name, chosen, known[name]) for name in SERVERS}
    processes_ = dict(zip((*SERVICES, *beside), answers, strict=True))
    healths = {name: part["health"] for name, part in {**servers, **processes_}.items() if name in wanted}
    services = {name: processes_[name] for name in SERVICES}
    for name, service in services.items():
        service["replicas"] = {one: processes_[one] for one in beside if service_of(one) == name}
        service["urls"] = [part["url"] for part in (service, *service["replicas"].values()) if part["url"]]
    return {
        "state": _overall(told, pid, healths),
        "problem": told.get("problem"),
        "home": str(state.home),
        "supervisor": {
            "pid": pid,
            "since": told.get("since") if pid else None,
            "log": str(state.log("supervisor")),
        },
        "issuer": {"issuer": issuer.ISSUER, "audience": issuer.AUDIENCE, "jwks": str(state.jwks)},
        **servers,
        "services": services,
    }


def _overall(told: dict[str, Any], pid: int | None, healths: dict[str, str]) -> str:
    if pid is None:
        return "failed" if told.get("state") == "failed" else "stopped"
    if told.get("state") != "ready":
        return str(told.get("state", "starting"))
    return "ready" if set(healths.values()) == {"ready"} else "degraded"


def _server(state: State, name: str, chosen: dict[str, int], part: dict[str, Any]) -> dict[str, Any]:
    address: dict[str, Any] = {"url": None}
    if port := chosen.get(name):
        address = {"url": f"{'smtp' if name == 'mail' else 'nats'}://127.0.0.1:{port}"}
        if name == "postgres":
            address = {"url": f"postgresql://127.0.0.1:{port}", "superuser": "postgres"}
        elif name == "nats" and (monitor := chosen.get("nats_monitor")):
            address["monitor_url"] = f"http://127.0.0.1:{monitor}"
    if name == "mail":
        address["mails"] = str(state.mail)
    else:
        address["secrets"] = str(state.secrets / ("postgres" if name == "postgres" else "operator"))
    return {
        **_process(state, name, part),
        **address,
        "log": str(state.log(name)),
    }


async def _service(
    state: State, name: str, chosen: dict[str, int], part: dict[str, Any], http: httpx.AsyncClient
) -> dict[str, Any]:
    report: dict[str, Any] = {**_process(state, name, part), "url": None, "database_url": None}
    report |= {
        "position": None,
        "relay": None,
        "projector": None,
        "parked": None,
        "checks": None,
        "clocks": None,
    }
    if name in chosen:
        service = Service(service_of(name), state, chosen).at(chosen[name])
        report |= {"url": service.url, "database_url": service.database_url}
        if report["pid"]:
            report |= await _asked(service, report["health"], http)
    return {**report, "secrets": str(state.secrets / service_of(name)), "log": str(state.log(name))}


def undecided(report: dict[str, Any]) -> dict[str, str]:
    """The services that wait for an operator, and what each waits for."""
    relays = {name: (one["checks"] or {}).get("relay") for name, one in report["services"].items()}
    return {name: code for name, code in relays.items() if code in UNDECIDED}


async def _asked(service: Service, health: str, http: httpx.AsyncClient) -> dict[str, Any]:
    try:
        answer = (await http.get(f"{service.url}/readyz")).json()
        asked = (
            "position",
            "relay",
            "projector",
            "parked",
            "checks",
            "clocks",
            *ERRANDS.get(service.name, ()),
        )
        told = {key: answer.get(key) for key in asked}
        return {**told, "health": str(answer.get("status", health)).replace("_", "-")}
    except (httpx.HTTPError, json.JSONDecodeError, AttributeError) as error:
        # A service on its way up does not answer yet; one that was ready should.
        return {
            "health": "not-ready" if health == "ready" else health,
            "problem": f"{error or type(error).__name__}",
        }


def _process(state: State, name: str, part: dict[str, Any]) -> dict[str, Any]:
    process = processes.alive(state.pid(name))
    health = part.get("state", "stopped") if process else "stopped"
    if not process and part.get("state") in ("restarting", "failed") and presence.running(state):
        health = part["state"]
    return {
        "pid": process.pid if process else None,
        "health": health,
        "restarts": part.get("restarts", 0),
        "since": part.get("since"),
        "problem": part.get("problem"),
    }
