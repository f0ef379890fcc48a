#!/opt/chalkline/bin/python
"""What compose runs before anything else: secrets, who may do what on the broker, databases.

python first_start.py secrets      every password, seed and key that is missing; the servers' configuration
python first_start.py databases    roles and databases, once PostgreSQL answers; takes PostgreSQL's host
python first_start.py keep         a secret of yours for a service, from standard input: notifications smtp_password

Safe to run again and again: what is there stays. In CHALKLINE_HOME each folder of secrets is a volume of
its own, so that a container sees what is its own and nothing else. Of a service's secrets the group may
read all but the owner's password: the service runs as a member of the group, its migration as the owner.
"""

import asyncio
import os
import shutil
import sys
from pathlib import Path
from urllib.parse import quote

from chalkline import certificates, credentials, issuer, provisioning, topology
from chalkline.declared import declared
from chalkline.ports import USUAL
from chalkline.state import SERVICES, State, write_json

HERE = Path(__file__).resolve().parent
# As services say it, and as a program does that shares its network.
REACHED_AS = ("nats", "localhost", "127.0.0.1")
# What a service may be told that nobody here can make.
YOURS = ("smtp_username", "smtp_password", "smtp_ca.pem", "db_ca.pem")
READ_BY_GROUP, READ_BY_OWNER, READ_BY_ALL = 0o440, 0o400, 0o444


def secrets(state: State) -> None:
    """Everything the servers and services are given as files."""
    for service in SERVICES:
        own = credentials.service_secrets(state.secrets, service)
        for name in ("database_password", "nats_seed", "chain_key"):
            (own / name).chmod(READ_BY_GROUP)
        (own / "owner_password").chmod(READ_BY_OWNER)
    superuser = state.secrets / "postgres" / "superuser_password"
    credentials.remember(superuser, credentials.password)
    superuser.chmod(READ_BY_ALL)  # of the containers that mount it: PostgreSQL's account has another number
    shutil.copyfile(declared("postgres", "postgresql.conf"), state.postgres / "postgresql.conf")
    (state.postgres / "postgresql.conf").chmod(0o644)
    broker(state)
    if os.environ["CHALKLINE_ISSUER"] == issuer.ISSUER:
        issuer.signing_key(state)
        shutil.copyfile(state.jwks, state.home / "issuer" / "jwks.json")
    # Where `chalkline` finds everything: it shares the network of `front`, which answers for all of them.
    write_json(state.ports, {name: USUAL[name] for name in ("nats", *SERVICES)})


def broker(state: State) -> None:
    """The broker's configuration: public keys and permissions; its certificate, and its key for it alone."""
    vouched = state.secrets / "authority" / "ca.pem", state.secrets / "authority" / "ca_key.pem"
    vouched[0].parent.mkdir(mode=0o700, exist_ok=True)
    until = certificates.server(state.nats, REACHED_AS, vouched)
    print(f"the broker's certificate is good until {until:%d %B %Y}")
    (state.nats / "server_key.pem").chmod(READ_BY_GROUP)
    accounts = topology.accounts(credentials.nats_identities(state.secrets))
    (state.nats / "accounts.conf").write_text(accounts)
    for identity in (*SERVICES, "operator"):
        replaced(vouched[0], state.secrets / identity / "nats_ca.pem", READ_BY_GROUP)
    shutil.copyfile(declared("nats", "nats-server.conf"), state.nats / "nats-server.conf")
    shutil.copyfile(HERE / "nats.conf", state.nats / "nats.conf")


def replaced(source: Path, copy: Path, mode: int) -> None:
    """Makes or renews a copy that nobody may write."""
    copy.unlink(missing_ok=True)
    shutil.copyfile(source, copy)
    copy.chmod(mode)


def keep(state: State, service: str, name: str, secret: str) -> None:
    """Gives a service a secret that is the district's, instead of the one it had."""
    if service not in SERVICES or name not in YOURS:
        sys.exit(f"one of {', '.join(SERVICES)}, and one of {', '.join(YOURS)}; not {service} {name}")
    if not secret.strip():
        sys.exit("nothing came in; say it on standard input")
    file = state.secrets / service / name
    file.unlink(missing_ok=True)
    credentials.remember(file, secret.strip)
    file.chmod(READ_BY_GROUP)


async def databases(state: State, host: str) -> None:
    """Each service's database and its three roles, with the passwords of their files."""
    password = quote((state.secrets / "postgres" / "superuser_password").read_text(), safe="")
    for service in SERVICES:
        made = await provisioning.provision(
            f"postgresql://postgres:{password}@{host}/postgres", service, state.secrets
        )
        print(f"{made.url} is ready")


if __name__ == "__main__":
    os.umask(0o027)
    match sys.argv[1:]:
        case ["secrets"]:
            secrets(State.at())
        case ["databases", where]:
            asyncio.run(databases(State.at(), where))
        case ["keep", service, name]:
            keep(State.at(), service, name, sys.stdin.read())
        case _:
            sys.exit(__doc__)
