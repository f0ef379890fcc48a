"""Who may say and hear what: from `deploy/nats/topology.toml` to accounts, users and permissions.

One thing no broker permission prevents: a consumer may be made to deliver to any subject of its
account, so a stolen service key could put messages into a foreign stream. It would not pass unseen:
a relay compares its stream with its log and refuses to go on from one that is not a copy (law 4).
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from chalkline.declared import declared


@dataclass(frozen=True, slots=True)
class Permissions:
    """Subjects an identity may publish to and subscribe to; everything else is denied."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]
    answers: str | None = None
    """How long a request may be answered on the inbox it names; None: never."""


@cache
def declaration() -> Mapping[str, Any]:
    return tomllib.loads(declared("nats", "topology.toml").read_text())


def services() -> tuple[str, ...]:
    return tuple(declaration()["services"])


def sources(service: str) -> tuple[str, ...]:
    """The other services a service reads."""
    return tuple(declaration()["services"][service]["reads"])


def stream(service: str) -> str:
    return str(declaration()["stream"]).replace("{SERVICE}", service.upper())


def permissions(identity: str) -> Permissions:
    """Of a service, or of `operator`."""
    if identity == "operator":
        rules, own, read, asks = declaration()["operator"], "", services(), ()
    else:
        rules, own = declaration()["service"], stream(identity)
        read = (identity, *sources(identity))
        asks = (
            *declaration()["services"][identity].get("asks", ()),
            *(
                subject.format(source=source)
                for subject in rules["asks_source"]
                for source in sources(identity)
            ),
        )
    names = {"self": identity, "own": own}
    consumers = dict.fromkeys(
        name.format(**names, slot=slot)
        for name in rules["consumers"]
        for slot in range(rules.get("replicas", 1))
    )
    publish = [*rules["publish"], *rules.get("publish_own", ())]
    return Permissions(
        publish=(
            *(subject.format(**names) for subject in publish),
            *asks,
            *dict.fromkeys(_per_source(rules["publish_source"], [stream(s) for s in read], list(consumers))),
        ),
        subscribe=tuple(subject.format(**names) for subject in rules["subscribe"]),
        answers=rules.get("answers"),
    )


def _per_source(subjects: list[str], streams: list[str], consumers: list[str]) -> Iterator[str]:
    for source in streams:
        for subject in subjects:
            for consumer in consumers:
                yield subject.format(source=source, consumer=consumer)


def accounts(public_keys: Mapping[str, str]) -> str:
    """The part of nats-server's configuration that says who may do what; JSON is its subset.

    `public_keys` has each service's, the operator's and `sys`'s nkey.
    """
    users = [_user(public_keys[name], permissions(name)) for name in (*services(), "operator")]
    return json.dumps(
        {
            "accounts": {
                declaration()["account"]: {"jetstream": "enabled", "users": users},
                declaration()["system_account"]: {"users": [{"nkey": public_keys["sys"]}]},
            },
            "system_account": declaration()["system_account"],
        },
        indent=2,
    )


def _user(nkey: str, allowed: Permissions) -> dict[str, Any]:
    rules: dict[str, Any] = {
        "publish": {"allow": list(allowed.publish)},
        "subscribe": {"allow": list(allowed.subscribe)},
    }
    if allowed.answers:
        rules["allow_responses"] = {"max": 1, "expires": allowed.answers}
    return {"nkey": nkey, "permissions": rules}
