"""Starting and stopping a local platform from a terminal."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import psutil
from backbone import ending
from backbone.settings import ROLES

from chalkline import ports, postgres, presence, processes, scaling, supervisor
from chalkline.problem import Problem
from chalkline.services import Service
from chalkline.state import SERVERS, SERVICES, State

START_WITHIN = 180.0
STOP_WITHIN = 90.0


def parts(only: Sequence[str], scale: Mapping[str, int] | None = None) -> list[str]:
    """What `--only` asks for: `servers`, or services by name (the servers come with them), each as often as
    `--scale` says.
    """
    names = [name for words in only for name in words.split(",") if name]
    unknown = set(names) - {"servers", *SERVICES}
    if unknown:
        raise Problem(
            f"there is no {', '.join(sorted(unknown))}", f"--only takes servers, {', '.join(SERVICES)}"
        )
    chosen = [name for name in SERVICES if name in names] if names else list(SERVICES)
    return scaling.scaled([*SERVERS, *chosen], scale or {})


def foreground(state: State, wanted: Sequence[str]) -> int:
    """Runs the supervisor here, until Ctrl-C."""
    _log_to_stderr()
    return ending.run(supervisor.Supervisor(state, wanted).run())


def background(
    state: State, wanted: Sequence[str], progress: Callable[[str], None], *, dies_with_caller: bool = False
) -> None:
    """Starts the supervisor, detached, and returns when everything is ready. Raises Problem if it fails.

    With `dies_with_caller` the kernel stops it should the calling thread end without having done so.
    """
    state.make()
    with state.log("supervisor").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "chalkline.supervising", str(state.home), *wanted],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=Path.cwd(),
            preexec_fn=processes.dies_with_parent(signal.SIGTERM) if dies_with_caller else None,  # noqa: PLW1509 - no other thread
        )
    try:
        _wait(state, process, progress)
    except BaseException:
        # Whoever changes their mind half-way, or waits in vain, is left with nothing, not with half.
        process.terminate()
        process.wait(STOP_WITHIN)
        raise


def _wait(state: State, process: subprocess.Popen[bytes], progress: Callable[[str], None]) -> None:
    deadline = time.monotonic() + START_WITHIN
    while time.monotonic() < deadline:
        ended = process.poll() is not None
        told = presence.known(state)
        mine = told.get("supervisor") == process.pid
        if mine and told["state"] == "ready":
            return
        if ended and mine and told["state"] == "failed":
            raise Problem(told["problem"], told["mend"])
        if ended:
            raise Problem(f"the supervisor did not start:\n{processes.tail(state.log('supervisor'))}")
        if mine:
            progress(_waiting_for(told))
        time.sleep(0.1)
    raise Problem(f"not ready within {START_WITHIN:.0f} s", f"read {state.logs}")


def _waiting_for(told: dict[str, Any]) -> str:
    waiting = [name for name, part in told["parts"].items() if part["state"] != "ready"]
    return f"starting {', '.join(waiting)}" if waiting else "preparing"


def serve(service: Service, port: int, roles: str, told: Callable[[str], None]) -> NoReturn:
    """Becomes one more process of a service: it has the settings of the first, and a port of its own."""
    if unknown := set(roles.split(",")).difference(ROLES):
        raise Problem(f"there is no role {', '.join(sorted(unknown))}", f"there are: {', '.join(ROLES)}")
    if not ports.is_free(port):
        raise Problem(f"port {port} is taken", "choose another with --port, or none")
    another = service.at(port)
    told(f"{another.name} ({roles}) answers at {another.url}; Ctrl-C ends it")
    os.chdir(another.state.home)
    command = another.command("serve", "--roles", roles)
    os.execve(command[0], command, another.environment())  # noqa: S606 - no shell is wanted


def down(state: State) -> bool:
    """Stops everything; True if there was anything to stop. Returns when it is gone."""
    pid = presence.running(state)
    if pid is None:
        return bool(presence.sweep(state)) if state.exists else False
    process = psutil.Process(pid)
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_WITHIN)
    except psutil.TimeoutExpired:
        process.kill()
        presence.sweep(state)
    return True


def reset(state: State) -> None:
    """Stops everything and deletes the state folder, with all data, secrets and logs."""
    down(state)
    postgres.forget(state.postgres)
    shutil.rmtree(state.home, ignore_errors=True)
    if state.home.exists():
        raise Problem(f"{state.home} could not be deleted whole", "delete the rest by hand")


def _log_to_stderr() -> None:
    logging.Formatter.converter = time.gmtime
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)-7s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%SZ",
        stream=sys.stderr,
    )
    # A line for each readiness probe would bury the lines that matter.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def run_detached(home: str, wanted: Sequence[str]) -> int:
    os.umask(0o022)
    return foreground(State(Path(home)), wanted)
