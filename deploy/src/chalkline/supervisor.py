"""Keeps the parts of a local platform running: each its own process, restarted when it dies.

Started by `chalkline up`, in the background or with --foreground; stopped by SIGTERM, in order: the
services first, then NATS, then PostgreSQL. What it knows is in run/platform.json, rewritten at every
change. If it is killed outright, the kernel ends what it started.
"""

import asyncio
import logging
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from chalkline import issuer, ports, postgres, processes, provisioning
from chalkline.nats import Nats
from chalkline.parts import Part, mail_part, nats_part, postgres_part, service_part
from chalkline.presence import locked, sweep
from chalkline.problem import Problem
from chalkline.scaling import asked, scaled, service_of
from chalkline.services import Service
from chalkline.state import SERVERS, SERVICES, State, write_json

log = logging.getLogger("chalkline")

READY_WITHIN = 90.0  # seconds from the start of a part to its first readiness
STEADY = 30.0  # seconds of life after which a death starts counting anew
BACKOFF = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
LOG_LIMIT = 20_000_000  # bytes; a longer log begins anew at the next start, the old one kept once
GIVE_UP = 3  # deaths before the first readiness: it will not get better by itself


class Supervisor:
    """One run of a platform, from `up` to `down`."""

    def __init__(self, state: State, parts: Sequence[str]) -> None:
        self.state = state
        self.wanted = parts
        self.parts: dict[str, Part] = {}
        self.keepers: dict[str, asyncio.Task[None]] = {}
        self.ports: dict[str, int] = {}
        self.stopping = asyncio.Event()
        self.status = "starting"
        self.problem: Problem | None = None
        self.began = _now()

    async def run(self) -> int:
        """Until SIGTERM or SIGINT. 0 after an orderly stop, 1 if the platform could not be started."""
        for name in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(name, self.stopping.set)
        with locked(self.state):
            watch = asyncio.create_task(self._stop_when_forgotten())
            log.info("starting %s", ", ".join(self.wanted))
            try:
                await self._unless_stopping(self._start())
                await self._unless_stopping(self._follow_scale())
            except Problem as problem:
                self.status, self.problem = "failed", problem
                log.error("%s", problem)  # noqa: TRY400 - the problem says it all, a traceback nothing
            finally:
                watch.cancel()
                await self._stop()
        return 1 if self.problem else 0

    async def _stop_when_forgotten(self) -> None:
        """Whoever deletes the state folder by hand could not stop us any more: nobody would know our pid."""
        while self.state.lock.exists():  # noqa: ASYNC110 - a folder sets no event
            await asyncio.sleep(1)
        log.warning("the state folder is gone")
        self.stopping.set()

    async def _unless_stopping(self, work: Any) -> None:
        task, stop = asyncio.ensure_future(work), asyncio.ensure_future(self.stopping.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                task.result()
        finally:
            for unfinished in (task, stop):
                unfinished.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)

    async def _start(self) -> None:
        self.state.make()
        self.state.scale.unlink(missing_ok=True)
        issuer.signing_key(self.state)
        await asyncio.to_thread(sweep, self.state)
        _rotate(self.state)
        chosen, moved = ports.choose(
            self.state, [*self.wanted, *(["nats_monitor"] if "nats" in self.wanted else [])]
        )
        for name, before in moved.items():
            log.warning("port %d is taken: %s moves to %d", before, name, chosen[name])
        database = await asyncio.to_thread(
            postgres.prepare,
            self.state.postgres,
            port=chosen["postgres"],
            secrets=self.state.secrets / "postgres",
        )
        broker = Nats(self.state.nats, self.state.secrets, chosen["nats"], chosen["nats_monitor"])
        broker.prepare()
        servers = [postgres_part(database), nats_part(broker)]
        if "mail" in self.wanted:
            servers.append(mail_part(self.state.mail, chosen["mail"]))
        else:  # where nobody catches mails, nobody is told to send any
            chosen = {name: port for name, port in chosen.items() if name != "mail"}
        await self._keep(*servers)
        self.ports = dict(chosen)
        services = [name for name in self.wanted if name not in SERVERS]
        for name in SERVICES:
            await provisioning.provision(database.url(), name, self.state.secrets)
        log.info("databases and roles are in place")
        first = [Service(name, self.state, chosen) for name in services if name == service_of(name)]
        await asyncio.gather(*(self._migrate(service) for service in first))
        await self._keep(*map(self._process, services))
        self.status = "ready"
        self._tell()
        log.info("everything is ready")

    def _process(self, name: str) -> Part:
        """One process of a service: `goals`, or `goals-2`."""
        service = Service(service_of(name), self.state, self.ports)
        return service_part(service.at(self.ports[name]), name)

    async def _follow_scale(self) -> None:
        """Keeps as many processes of each service as somebody asks for while it runs."""
        while True:
            await asyncio.sleep(0.5)
            try:
                wanted = scaled(self.wanted, asked(self.state))
                if wanted != list(self.wanted):
                    await self._rescale(wanted)
            except Problem as problem:
                log.error("%s", problem)  # noqa: TRY400 - the problem says it all
                self.state.scale.unlink(missing_ok=True)

    async def _rescale(self, wanted: list[str]) -> None:
        coming = [name for name in wanted if name not in self.wanted]
        going = [self.parts[name] for name in self.wanted if name not in wanted]
        log.info("scaling: %s", ", ".join([f"+{name}" for name in coming] + [f"-{p.name}" for p in going]))
        chosen, _ = ports.choose(self.state, coming)
        self.ports |= {name: chosen[name] for name in coming}
        await asyncio.gather(*(self._end(part) for part in going))
        for part in going:
            del self.parts[part.name], self.keepers[part.name]
        self.wanted = wanted
        self._tell()
        await self._keep(*map(self._process, coming))

    async def _migrate(self, service: Service) -> None:
        path = self.state.log(service.name)
        written = processes.size(path)
        process = await processes.spawn(
            service.command("migrate"), log=path, cwd=self.state.home, env=service.environment()
        )
        try:
            code = await process.wait()
        finally:
            processes.kill_group(process.pid)
        if code != 0:
            raise Problem(
                f"{service.name} could not migrate its database ({processes.describe(code)}):\n"
                f"{processes.tail(path, since=written)}",
                f"read {path}",
            )

    async def _keep(self, *parts: Part) -> None:
        """Starts parts side by side and returns when all are ready."""
        for part in parts:
            self.parts[part.name] = part
            self.keepers[part.name] = asyncio.create_task(self._keep_one(part), name=part.name)
        await asyncio.gather(*(self._first_ready(part) for part in parts))

    async def _first_ready(self, part: Part) -> None:
        path = self.state.log(part.name)
        written = processes.size(path)
        ready, gave_up = (asyncio.ensure_future(e.wait()) for e in (part.was_ready, part.gave_up))
        try:
            await asyncio.wait({ready, gave_up}, timeout=READY_WITHIN, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            gave_up.cancel()
        if not part.was_ready.is_set():
            why = f"it {part.problem}" if part.problem else f"not within {READY_WITHIN:.0f} s"
            last = processes.tail(path, since=written)
            raise Problem(f"{part.name} did not become ready: {why}\n{last}", f"read {path}")

    async def _keep_one(self, part: Part) -> None:
        deaths = 0
        while True:
            began = time.monotonic()
            code = await self._live(part)
            if part.stopping.is_set():
                return
            deaths = 1 if time.monotonic() - began > STEADY else deaths + 1
            part.problem = f"ended with {processes.describe(code)}"
            if not part.was_ready.is_set() and deaths >= GIVE_UP:
                self._mark(part, "failed")
                part.gave_up.set()
                return
            delay = BACKOFF[min(deaths, len(BACKOFF)) - 1]
            part.restarts += 1
            self._mark(part, "restarting")
            log.warning("%s %s; starting it again in %.1f s", part.name, part.problem, delay)
            with suppress(TimeoutError):
                await asyncio.wait_for(part.stopping.wait(), delay)
                return

    async def _live(self, part: Part) -> int:
        """One life of a part: its exit code."""
        path = self.state.log(part.name)
        process = part.process = await processes.spawn(
            part.command,
            log=path,
            cwd=part.cwd,
            env=part.env,
            account=part.account,
            on_parent_death=part.on_parent_death,
        )
        self.state.pid(part.name).write_text(str(process.pid))
        self._mark(part, "starting")
        watch = asyncio.create_task(self._watch(part))
        try:
            return await process.wait()
        finally:
            watch.cancel()
            processes.kill_group(process.pid)  # children of one that died must not outlive it
            self.state.pid(part.name).unlink(missing_ok=True)

    async def _watch(self, part: Part) -> None:
        while not await part.ready():  # noqa: ASYNC110 - another process, which sets no event
            await asyncio.sleep(0.1)
        part.problem = ""
        self._mark(part, "ready")
        part.was_ready.set()
        log.info("%s is ready (pid %d)", part.name, part.process.pid if part.process else 0)

    async def _stop(self) -> None:
        if self.status != "failed":
            self.status = "stopping"
        self._tell()
        log.info("stopping")
        services = [part for name, part in self.parts.items() if name not in SERVERS]
        await asyncio.gather(*(self._end(part) for part in services))
        for name in reversed(SERVERS):
            if name in self.parts:
                await self._end(self.parts[name])
        if self.status != "failed":
            self.status = "stopped"
        self._tell()
        log.info("stopped")

    async def _end(self, part: Part) -> None:
        """Stops a part; its keeper, told first, does not start it again."""
        part.stopping.set()
        keeper = self.keepers[part.name]
        while not keeper.done():
            process = part.process
            if process is None or process.returncode is not None:
                await asyncio.sleep(0.02)  # between two lives
            elif not await processes.stop(process, part.stop_signal, part.grace):
                log.warning("%s did not stop within %.0f s and was killed", part.name, part.grace)
        keeper.result()
        self._mark(part, "failed" if part.gave_up.is_set() else "stopped")

    def _mark(self, part: Part, state: str) -> None:
        part.state, part.since = state, _now()
        self._tell()

    def _tell(self) -> None:
        if not self.state.run.is_dir():
            return  # deleted by hand; see `_stop_when_forgotten`
        write_json(
            self.state.platform,
            {
                "supervisor": os.getpid(),
                "state": self.status,
                "problem": self.problem.what if self.problem else None,
                "mend": self.problem.mend if self.problem else None,
                "since": self.began,
                "wanted": list(self.wanted),
                "parts": {name: part.report() for name, part in self.parts.items()},
            },
        )


def _rotate(state: State) -> None:
    for path in state.logs.glob("*.log"):
        # Not the supervisor's own: it is being written to at this moment.
        if path != state.log("supervisor") and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
