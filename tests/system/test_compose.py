"""What docker-compose.yml and the Dockerfile promise, read from them; no engine needed.

That the images build, start and survive is tried by hand on an engine: docs/running-with-compose.md.
"""

import re
import socket
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from backbone.settings import Settings
from chalkline import issuer, topology, wheels
from chalkline.state import SERVICES, State
from kit import servers
from kit.compose import at_home

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, dict[str, Any]] = COMPOSE["services"]
LONG_RUNNING = ("postgres", "nats", "front", *SERVICES)
DOCKERFILE = (ROOT / "Dockerfile").read_text()
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+)(?::(?P<how>[-?])(?P<rest>[^}]*))?\}")


def example() -> dict[str, str]:
    lines = (ROOT / "deploy/compose/env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if re.match(r"[A-Z_]+=", line))


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda m: variables.get(m["name"], m["rest"] if m["how"] == "-" else ""), text)


def mounts(name: str) -> dict[str, str]:
    """{volume: where and how it is mounted} of a container."""
    return dict(mount.split(":", 1) for mount in CONTAINERS[name].get("volumes", []))


def test_every_service_is_there_with_its_migration() -> None:
    jobs = {"setup", "databases", "chalkline", *(f"{service}-migrate" for service in SERVICES)}
    assert set(CONTAINERS) == {*LONG_RUNNING, *jobs}
    for service in SERVICES:
        waits = CONTAINERS[service]["depends_on"]
        assert waits[f"{service}-migrate"]["condition"] == "service_completed_successfully"
        assert waits["nats"]["condition"] == "service_healthy"


@pytest.mark.parametrize("name", CONTAINERS)
def test_what_runs_on_is_asked_for_its_health_and_started_again_what_ends_is_not(name: str) -> None:
    container = CONTAINERS[name]
    if name in LONG_RUNNING:
        assert container["restart"] == "unless-stopped"
        assert container["healthcheck"]["test"][0] == "CMD"
    else:
        assert container["restart"] == "no"
        assert container["healthcheck"] == {"disable": True}


@pytest.mark.parametrize("name", CONTAINERS)
def test_nobody_runs_as_root_or_may_become_it(name: str) -> None:
    container = CONTAINERS[name]
    assert container["user"] in ("10001:10001", "10002:10001", "postgres")
    assert container["read_only"] is True
    assert container["cap_drop"] == ["ALL"]
    assert container["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", CONTAINERS)
def test_no_secret_is_in_the_environment(name: str) -> None:
    for variable in CONTAINERS[name].get("environment", {}):
        assert variable.endswith(("_FILE", "_DIR")) or not re.search(r"PASSWORD|SEED|KEY|SECRET", variable)


def test_everybody_sees_only_their_own_secrets() -> None:
    for name in CONTAINERS:
        if name in ("setup", "databases"):  # they make them, and tell PostgreSQL
            continue
        own = name.removesuffix("-migrate")
        seen = {volume for volume in mounts(name) if volume.endswith("-secrets") or volume == "home"}
        assert seen <= {f"{own}-secrets", "home" if name == "chalkline" else f"{own}-secrets"}
        for volume in seen - {"home"}:
            assert mounts(name)[volume] == "/run/secrets:ro"


def test_only_a_migration_may_read_the_database_owners_password() -> None:
    for service in SERVICES:
        assert CONTAINERS[service]["user"] == "10001:10001"
        assert CONTAINERS[f"{service}-migrate"]["user"] == "10002:10001"


def test_a_variable_has_a_default_or_says_what_is_missing_and_the_example_knows_it() -> None:
    told = (ROOT / "deploy/compose/env.example").read_text()
    required = set()
    for found in VARIABLE.finditer((ROOT / "docker-compose.yml").read_text()):
        assert found["how"], f"{found['name']} has neither default nor explanation"
        assert re.search(rf"^(# )?{found['name']}=", told, re.MULTILINE), found["name"]
        if found["how"] == "?":
            assert "env.example" in found["rest"]
            required.add(found["name"])
    assert required == {"CHALKLINE_ISSUER", "CHALKLINE_JWKS"} == set(example())


def test_what_is_only_passed_on_is_in_the_example_too() -> None:
    told = (ROOT / "deploy/compose/env.example").read_text()
    for container in CONTAINERS.values():
        for name, value in container.get("environment", {}).items():
            assert value is not None or re.search(rf"^# {name}=\S+$", told, re.MULTILINE), name


def test_a_secret_of_the_districts_own_is_kept_for_its_service_and_no_other_is_touched(
    first_start: ModuleType, home: State
) -> None:
    first_start.secrets(home)
    before = contents(home.home)
    for said in ("first", "pass phrase: ü\n"):
        first_start.keep(home, "notifications", "smtp_password", said)
    kept = home.secrets / "notifications" / "smtp_password"
    assert kept.read_text() == "pass phrase: ü"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o440
    for service, name, said in (
        ("goals", "chain_key", "mine"), ("../postgres", "smtp_password", "mine"),
        ("notifications", "../goals/nats_seed", "mine"), ("notifications", "smtp_password", " \n"),
    ):  # fmt: skip
        with pytest.raises(SystemExit):
            first_start.keep(home, service, name, said)
    kept.unlink()
    assert contents(home.home) == before


def test_the_front_answers_on_this_machine_only_and_nothing_else_does() -> None:
    for name, container in CONTAINERS.items():
        assert bool(container.get("ports")) is (name == "front")
        assert name in ("front", *SERVICES) or "doors" not in container.get("networks", [])
    assert all(port.startswith("127.0.0.1:") for port in CONTAINERS["front"]["ports"])
    assert COMPOSE["networks"]["servers"]["internal"] is True


def test_the_front_answers_for_every_service_and_publishes_nothing_else() -> None:
    routes = dict(route.split("=") for route in CONTAINERS["front"]["command"])
    published = [port.rpartition(":")[2] for port in CONTAINERS["front"]["ports"]]
    assert [routes[port] for port in published] == [f"http://{name}:8000/readyz" for name in SERVICES]
    assert all(where.startswith("127.0.0.1:") for where in set(routes) - set(published))


def test_any_number_of_replicas_may_stand_beside_each_other() -> None:
    for name in SERVICES:
        assert not {"container_name", "hostname", "ports"} & set(CONTAINERS[name])


@pytest.mark.parametrize("name", CONTAINERS)
def test_everybody_has_limits(name: str) -> None:
    container = CONTAINERS[name]
    assert {"cpus", "mem_limit", "pids_limit"} <= set(container)
    assert container["logging"]["options"].keys() == {"max-size", "max-file"}
    for folder in container["tmpfs"]:
        assert {"noexec", "nosuid", "nodev"} <= set(folder.partition(":")[2].split(","))
        assert "size=" in folder


def test_a_container_that_is_started_again_has_the_name_it_had(tmp_path: Path) -> None:
    """By it the next process goes on at once with what the last one held."""
    (tmp_path / "a_service.py").write_text("import os; print(os.environ['CHALKLINE_REPLICA'])")
    told = {"PYTHONPATH": str(tmp_path), "CHALKLINE_SERVICE": "a_service"}
    command = [sys.executable, ROOT / "deploy/compose/service.py", "serve"]
    names = [
        subprocess.run(command, env=told, capture_output=True, text=True, check=True).stdout for _ in range(2)
    ]
    assert names == [f"{socket.gethostname()}\n"] * 2


def test_images_have_a_version_and_tests_use_the_same_ones() -> None:
    images = [interpolated(container["image"], {}) for container in CONTAINERS.values()]
    for image in [*images, *re.findall(r"^FROM (python:\S+)", DOCKERFILE, re.MULTILINE)]:
        assert re.search(r":(?!latest)\S+$", image)
        assert "@" not in image
    assert {servers.POSTGRES, servers.NATS} <= set(images)


def test_a_service_starts_with_what_compose_tells_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for service in SERVICES:
        environment = CONTAINERS[service]["environment"]
        for name, value in environment.items():
            if value is None:  # only where .env has it
                continue
            told = interpolated(value, example())
            monkeypatch.setenv(name, told.replace("/run/secrets", str(tmp_path)))
        (tmp_path / "nats_ca.pem").touch()
        (tmp_path / "chain_key").write_text("0" * 64)
        (tmp_path / "owner_password").write_text("of the owner")
        settings = Settings()
        assert settings.app_dsn() == f"postgresql://{service}@postgres:5432/{service}"
        assert (
            settings.owner_dsn() == f"postgresql://{service}_owner:of%20the%20owner@postgres:5432/{service}"
        )
        assert settings.issuer == issuer.ISSUER


def test_the_dockerfile_ends_without_root_and_is_asked_for_its_health() -> None:
    service = DOCKERFILE.rpartition("\nFROM ")[2]
    assert "USER 10001:10001" in service
    assert 'CMD ["healthy", "/healthz"]' in service
    assert "--require-hashes" in DOCKERFILE
    assert [*re.findall(r"^USER (\d+:\d+)$", DOCKERFILE, re.MULTILINE)] == ["10002:10001", "10001:10001"]
    for name in SERVICES:  # a volume takes its owner from the folder it is mounted over
        assert f"secrets/{name}" in DOCKERFILE


def test_image_and_makefile_install_with_the_same_tool() -> None:
    pinned = re.compile(r"UV\s*:?=\s*([\d.]+)")
    assert pinned.findall(DOCKERFILE) == pinned.findall((ROOT / "Makefile").read_text())


def test_the_build_sees_no_secret_and_no_state() -> None:
    first, *others = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")
    ]
    assert first == "*"
    let_in = {line for line in others if line.startswith("!")}
    assert let_in == {"!pyproject.toml", "!requirements.lock", "!shared", "!services", "!deploy"}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


def test_the_first_start_makes_every_secret_once_and_each_for_those_who_need_it(
    first_start: ModuleType, home: State
) -> None:
    first_start.secrets(home)
    made = contents(home.home)
    for service in SERVICES:
        own = home.secrets / service
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in own.iterdir()}
        assert modes == {
            "chain_key": 0o440, "database_password": 0o440, "nats_ca.pem": 0o440, "nats_seed": 0o440,
            "owner_password": 0o400,
        }  # fmt: skip
    assert (home.secrets / "postgres" / "superuser_password").exists()
    first_start.secrets(home)
    assert contents(home.home) == made


def test_only_public_keys_leave_the_local_issuer_and_none_where_the_district_has_its_own(
    first_start: ModuleType, home: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHALKLINE_ISSUER", "https://login.district.example")
    first_start.secrets(home)
    assert not contents(home.home / "issuer")
    monkeypatch.setenv("CHALKLINE_ISSUER", issuer.ISSUER)
    first_start.secrets(home)
    (key,) = yaml.safe_load((home.home / "issuer" / "jwks.json").read_text())["keys"]
    assert "d" not in key


def test_the_broker_accepts_the_configuration_of_the_first_start(
    first_start: ModuleType, home: State
) -> None:
    first_start.secrets(home)
    told = contents(home.nats)
    assert not any(seed.encode() in b"".join(told.values()) for seed in seeds(home))
    asked = [str(wheels.nats_server()), "-t", "-c", str(at_home(home.nats))]
    checked = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_the_brokers_key_is_for_its_group_and_the_authoritys_for_the_operator(
    first_start: ModuleType, home: State
) -> None:
    first_start.secrets(home)
    files = [*home.nats.glob("server*.pem"), *(home.secrets / "authority").iterdir()]
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in files}
    assert modes == {"server.pem": 0o644, "server_key.pem": 0o440, "ca.pem": 0o644, "ca_key.pem": 0o600}


def seeds(home: State) -> list[str]:
    return [
        (home.secrets / name / "nats_seed").read_text() for name in (*topology.services(), "operator", "sys")
    ]
