"""`make verify-images`: the images and docker-compose.yml on a real engine, from building to deleting.

Builds every image, starts a platform of its own beside any other, plays the demo on it while containers are
killed one after another, scales, stops, starts again, and looks for what must not be: a capability, a file
system that can be written, a port, a secret where it does not belong, data that went. Says each thing it found
to be so; ends at the first that is not, with what it saw. Needs an engine (DOCKER_HOST, docker) with the
base images, and Compose v2 (`docker compose`, or whatever COMPOSE says). KEEP=1 leaves the platform up.
"""

import io
import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chalkline import ports
from chalkline.state import SERVICES

ROOT = Path(__file__).resolve().parents[2]
PROJECT, VERSION = "chalkline-verify", "verify"
ENDLESS = ("postgres", "nats", *SERVICES, "front")
JOBS = ("setup", "databases", *(f"{service}-migrate" for service in SERVICES))
SEED = re.compile(rb"\bSU[A-Z2-7]{56}\b")
PRIVATE = re.compile(rb"-----BEGIN (EC |RSA )?PRIVATE KEY-----\n[A-Za-z0-9+/]{40}")
PROBE = """
import socket, ssl, sys
def first_word(context, host="localhost"):
    plain = socket.create_connection(("127.0.0.1", 4222), 3)
    try:
        return (context.wrap_socket(plain, server_hostname=host) if context else plain).recv(4)
    except OSError as error:
        return type(error).__name__.encode()
ca = ssl.create_default_context(cafile="/var/lib/chalkline/secrets/operator/nats_ca.pem")
print(first_word(ca), first_word(ca, "elsewhere"), first_word(ssl.create_default_context()), first_word(None))
"""


def compose_command() -> list[str]:
    if asked := os.environ.get("COMPOSE"):
        return shlex.split(asked)
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return ["docker", "compose"] if plugin.returncode == 0 else ["docker-compose"]


def environment() -> dict[str, str]:
    chosen: list[int] = []
    for _ in SERVICES:
        chosen.append(ports.any_free(chosen))
    doors = {f"{name.upper()}_PORT": str(port) for name, port in zip(SERVICES, chosen, strict=True)}
    return {**os.environ, **doors, "CHALKLINE_VERSION": VERSION, "DOCKER_BUILDKIT": "1"}


ENVIRONMENT = environment()
HERE = [*compose_command(), "-p", PROJECT, "--env-file", "deploy/compose/env.example"]


def run(*command: str, fails: bool = False, within: float = 600) -> str:
    """What the command said, both ways; ends everything when it ends otherwise than expected."""
    done = subprocess.run(
        command, cwd=ROOT, env=ENVIRONMENT, text=True, timeout=within, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if (done.returncode != 0) is not fails:
        sys.exit(f"✗ {shlex.join(command)}\n{done.stdout[-6000:]}\nended with {done.returncode}")
    return done.stdout


def docker(*arguments: str, **how: Any) -> str:
    return run("docker", *arguments, **how)


def compose(*arguments: str, **how: Any) -> str:
    return run(*HERE, *arguments, **how)


def job(container: str, *arguments: str, entrypoint: str | None = None) -> str:
    given = ["--entrypoint", entrypoint] if entrypoint else []
    return compose("run", "--rm", "-T", "--no-deps", *given, container, *arguments)


def up(*arguments: str) -> None:
    compose("up", "-d", "--no-build", "--wait", *arguments)


def holds(what: bool, told: str, seen: object = "") -> None:
    if not what:
        sys.exit(f"✗ {told}\n{seen}")


def say(text: str) -> None:
    print(f"✓ {text}", flush=True)


def containers() -> list[dict[str, Any]]:
    """Everything of this platform that the engine knows, ended jobs included."""
    ids = docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={PROJECT}").split()
    found: list[dict[str, Any]] = json.loads(docker("inspect", *ids)) if ids else []
    return found


def service_of(container: dict[str, Any]) -> str:
    return str(container["Config"]["Labels"]["com.docker.compose.service"])


def id_of(name: str, replica: int = 1) -> str:
    return f"{PROJECT}-{name}-{replica}"


def image_of(name: str) -> str:
    return f"chalkline-{name}:{VERSION}"


def builds() -> None:
    hooks = [
        part
        for name in ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")
        if name in os.environ
        for part in ("--build-arg", name)
    ]
    version = ["--build-arg", f"VERSION={VERSION}"]
    docker("build", "-q", *hooks, *version, "--target", "setup", "-t", image_of("setup"), ".")
    for name in SERVICES:
        docker("build", "-q", *hooks, *version, "--build-arg", f"SERVICE={name}", "-t", image_of(name), ".")
    for name in ("setup", *SERVICES):
        (image,) = json.loads(docker("image", "inspect", image_of(name)))
        labels = image["Config"]["Labels"]
        holds(labels["org.opencontainers.image.title"] == f"chalkline-{name}", "its title", labels)
        holds(labels["org.opencontainers.image.version"] == VERSION, "its version", labels)
        holds(image["Config"]["User"] in ("10001:10001", "10002:10001"), "not root", image["Config"]["User"])
        for path, content in files_in(image_of(name)):
            key = SEED.search(content) or PRIVATE.match(content)
            holds(key is None or "/aiosmtpd/tests/" in path, f"no key in a layer of {name}", path)
        print(f"  {image_of(name)}: {image['Size'] / 1e6:.0f} MB")
    say("every image builds, is labelled, runs as nobody special, and no layer holds a key")


def files_in(image: str) -> Iterator[tuple[str, bytes]]:
    """Every file of every layer, also one that a later layer deletes."""
    saved = subprocess.run(["docker", "save", image], env=ENVIRONMENT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(saved)) as whole:
        for layer in whole:
            found = whole.extractfile(layer) if layer.isfile() else None
            if found is None or not tarfile.is_tarfile(found):
                continue
            found.seek(0)
            with tarfile.open(fileobj=found) as files:
                for file in files:
                    if file.isfile() and (content := files.extractfile(file)):
                        yield file.name, content.read()


def is_hardened() -> None:
    for container in containers():
        name, host = container["Name"].lstrip("/"), container["HostConfig"]
        holds(host["CapDrop"] == ["ALL"] and not host["CapAdd"], f"{name} keeps no capability", host)
        holds(host["ReadonlyRootfs"] and not host["Privileged"], f"{name} cannot write its file system", host)
        holds(
            "no-new-privileges:true" in host["SecurityOpt"], f"{name} gains no privilege", host["SecurityOpt"]
        )
        limits = [host["Memory"], host["NanoCpus"], host["PidsLimit"]]
        holds(all(limits), f"{name} has limits", limits)
        holds(
            host["LogConfig"]["Config"].keys() >= {"max-size", "max-file"}, f"{name}'s log is rotated", host
        )
        endless = service_of(container) in ENDLESS
        holds(
            host["RestartPolicy"]["Name"] == ("unless-stopped" if endless else "no"),
            f"{name} starts again",
            host,
        )
        published = [bound["HostIp"] for where in (host["PortBindings"] or {}).values() for bound in where]
        is_front = service_of(container) == "front"
        holds(bool(published) is is_front, f"{name} publishes what it should", published)
        holds(set(published) <= {"127.0.0.1"}, f"{name} answers on this machine only", published)
    for name in ENDLESS:
        status = docker("exec", id_of(name), "cat", "/proc/1/status")
        told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        for capabilities in ("CapEff", "CapPrm", "CapBnd", "CapInh"):
            holds(int(told[capabilities], 16) == 0, f"{name} has no capability", status)
        holds(told["NoNewPrivs"] == "1" and told["Uid"].split()[0] != "0", f"{name} is not root", status)
        # As root, so that it is the file system that refuses and not its permissions.
        for path in ("/forbidden", "/usr/forbidden", "/etc/forbidden"):
            refused = docker("exec", "-u", "0", id_of(name), "touch", path, fails=True)
            holds("Read-only file system" in refused, f"{name} cannot write {path}", refused)
        docker("exec", id_of(name), "cp", "/bin/true", "/tmp/program")
        refused = docker("exec", id_of(name), "/tmp/program", fails=True)
        holds("ermission denied" in refused, f"{name} runs nothing from /tmp", refused)
        docker("exec", id_of(name), "rm", "/tmp/program")
    (servers,) = json.loads(docker("network", "inspect", f"{PROJECT}_servers"))
    holds(servers["Internal"], "the servers' network leads nowhere")
    say(
        "no capability, no writable file system, no root, no program in /tmp; limits, rotated logs; one front"
    )


def encrypts() -> None:
    told = job("chalkline", "-c", PROBE, entrypoint="python").splitlines()[-1]
    holds(
        told == "b'INFO' b'SSLCertVerificationError' b'SSLCertVerificationError' b''",
        "the broker answers over TLS to who trusts its authority, and to nobody else",
        told,
    )
    say("the broker answers over TLS to who trusts its authority, and says nothing to anybody else")


def renews() -> None:
    """As docs/running-with-compose.md has it."""
    shown = "import ssl; print(ssl.get_server_certificate(('127.0.0.1', 4222)).split()[-3])"  # its last line
    before = job("chalkline", "-c", shown, entrypoint="python").splitlines()[-1]
    job("setup", "/var/lib/chalkline/nats/server.pem", entrypoint="rm")
    connected = docker("logs", id_of("goals")).count("nats_disconnected")
    holds("good until" in job("setup"), "setup says until when the certificate is good")
    compose("exec", "-T", "nats", "nats-server", "--signal", "reload=1")
    until(
        lambda: job("chalkline", "-c", shown, entrypoint="python").splitlines()[-1] != before,
        "the broker takes up its new certificate",
    )
    holds(docker("logs", id_of("goals")).count("nats_disconnected") == connected, "nobody was disconnected")
    say("the broker's certificate is renewed while everybody stays connected")


def secrets_stay() -> None:
    """Each secret there is, looked for wherever one could have slipped to."""
    # Whoever owns the files reads them: `setup`, which made them.
    script = (
        "import json, pathlib; print(json.dumps([[str(f), f.read_text()] for f in "
        "pathlib.Path('/var/lib/chalkline/secrets').rglob('*') if f.is_file() and f.name not in "
        "('ca.pem', 'nats_ca.pem')]))"
    )
    secrets: list[tuple[str, str]] = json.loads(
        job("setup", "-c", script, entrypoint="python").splitlines()[-1]
    )
    holds(len(secrets) > 4 * len(SERVICES), "every secret is there", [name for name, _ in secrets])
    places = {
        "compose config": compose("config"),
        "logs": compose("logs", "--no-color"),
        "inspect": json.dumps(containers()),
        **{
            f"history of {name}": docker("history", "--no-trunc", image_of(name))
            for name in ("setup", *SERVICES)
        },
    }
    for name, secret in secrets:
        # A key in several lines is looked for by one of them.
        part = (
            max(json.loads(secret).values(), key=len)
            if secret.startswith("{")
            else max(secret.split("\n"), key=len)
        )
        for place, text in places.items():
            holds(part not in text, f"{name} is not in {place}")
    say(
        f"none of {len(secrets)} secrets is in compose's configuration, a log, an environment or an image's history"
    )


@contextmanager
def demo() -> Iterator[subprocess.Popen[str]]:
    """The demo at work; waited for at the end, and its last words shown."""
    command = [*HERE, "run", "--rm", "-T", "--no-deps", "chalkline", "demo", "--against-running"]
    playing = subprocess.Popen(
        command, cwd=ROOT, env=ENVIRONMENT, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield playing
        said, _ = playing.communicate(timeout=600)
        achieved = next((line for line in said.splitlines() if "Achieved." in line), "")
        holds(playing.returncode == 0 and bool(achieved), "the demo is played to its end", said[-4000:])
        print(f"  {achieved}")
    finally:
        playing.kill()


def survives_kills() -> None:
    with demo() as playing:
        time.sleep(3)
        alive = []
        for name in ("nats", "postgres", *SERVICES):
            docker("kill", id_of(name))
            docker("start", id_of(name))
            alive.append(playing.poll() is None)
            time.sleep(2)
    holds(any(alive), "the demo ran while containers were killed", alive)
    docker("kill", id_of("front"))
    up()
    say(f"the demo is played to its end while {sum(alive)} of {len(alive)} containers are killed under it")


def starts_again_by_itself() -> None:
    before = started(id_of("goals"))
    docker("exec", id_of("goals"), "python", "-c", "import os; os.kill(1, 15)")
    until(lambda: started(id_of("goals")) != before, "goals starts again by itself")
    up()
    say("a service that ends is started again")


def started(container: str) -> str:
    return docker("inspect", "-f", "{{.State.StartedAt}} {{.State.Running}}", container)


def until(true: Any, what: str, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not true():
        holds(time.monotonic() < deadline, what)
        time.sleep(0.5)


def checked() -> dict[str, int]:
    """{service: how many events it has}, each with a chain, a stream and projections that hold."""
    events = {}
    for name in SERVICES:
        told = job(f"{name}-migrate", "verify", "--json")
        verified = json.loads(next(line for line in told.splitlines() if '"ok": ' in line))
        holds(verified["ok"] is True, f"{name} verifies", told)
        told = job(f"{name}-migrate", "rebuild", "--compare-only")
        holds("equal" in told, f"{name}'s projections are what a rebuild makes of its events", told)
        events[name] = verified["events"]
    say(f"every chain holds, every stream is its log, every projection its rebuild: {events}")
    return events


def scales() -> None:
    up("--scale", "goals=3", "--scale", "notifications=2")
    with demo():
        time.sleep(4)
        docker("kill", id_of("goals", 2))
        docker("start", id_of("goals", 2))
    served = [docker("logs", id_of("goals", n)).count('"event":"request"') for n in (1, 2, 3)]
    holds(sum(count > 0 for count in served) > 1, "more than one replica was asked", served)
    up("--scale", "goals=1", "--scale", "notifications=1")
    say(
        f"three replicas of goals and two of notifications, one killed: commands and reads they answered: {served}"
    )


def measures() -> None:
    names = [id_of(name) for name in ENDLESS]
    print(
        docker("stats", "--no-stream", "--format", "  {{.Name}}: {{.MemUsage}}, {{.PIDs}} processes", *names),
        end="",
    )


def keeps_its_data(events: dict[str, int]) -> None:
    compose("down")
    holds(not containers(), "down leaves no container", containers())
    up()
    after = checked()
    holds(after == events, "the same events are there after down and up", (events, after))
    say("down and up again: the same events, and all of it holds")


def leaves_nothing() -> None:
    compose("down", "--volumes", "--remove-orphans")
    label = ["-q", "--filter", f"label=com.docker.compose.project={PROJECT}"]
    left = [docker("ps", "-a", *label), docker("volume", "ls", *label), docker("network", "ls", *label)]
    holds(not any(left), "nothing is left", left)
    say("down --volumes leaves nothing")


def main() -> None:
    began = time.monotonic()
    builds()
    try:
        compose("down", "--volumes", "--remove-orphans")
        up()
        say("up: everything is healthy")
        is_hardened()
        encrypts()
        renews()
        survives_kills()
        starts_again_by_itself()
        checked()
        scales()
        measures()
        events = checked()
        secrets_stay()
        keeps_its_data(events)
    finally:
        if "KEEP" not in os.environ:
            leaves_nothing()
    print(f"All of it holds. {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
