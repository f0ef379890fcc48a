"""Who may say and hear what: from `deploy/nats/topology.toml` to accounts, users and permissions.

Every service has an account of its own, into which each subject that it may publish to is imported one by one. Whoever
asks JetStream names where the answer goes, and the broker sends it there itself, past all permissions: in one account
with the streams a service could have had it sent to another's stream, or as a command to JetStream. So an answer ends
in the account of whoever asked, where nobody else is.

What no permission prevents is how a stream is made: who takes its own away and makes it anew may have it copy others,
or deliver to any subject of the account that has them all. It would not stand: a relay compares its stream with its
log and refuses to go on from one that is not a copy (law 4), and one that is gone it fills in a new history, in which
readers forget what they had read beyond the log.
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
    shared = declaration()["account"]
    operator = _user(public_keys["operator"], permissions("operator"))
    exports = [_export(subject) | {"response_type": "Stream"} for subject in declaration()["exports"]]
    return json.dumps(
        {
            "accounts": {
                shared: {"jetstream": "enabled", "users": [operator], "exports": exports},
                **{_own(name): _account(name, public_keys[name]) for name in services()},
                declaration()["system_account"]: {"users": [{"nkey": public_keys["sys"]}]},
            },
            "system_account": declaration()["system_account"],
        },
        indent=2,
    )


def _own(service: str) -> str:
    """The name of a service's own account."""
    return service.upper()


def _account(service: str, nkey: str) -> dict[str, Any]:
    """A service's own account: what it may publish elsewhere, and the questions it answers."""
    allowed = permissions(service)
    imports = []
    for subject in allowed.publish:
        asked = subject.split(".")
        of = _own(asked[1]) if asked[0] == "ask" else declaration()["account"]
        imports.append({"service": {"account": of, "subject": subject}})
    exports = [_export(subject) for subject in allowed.subscribe if subject.startswith("ask.")]
    return {"users": [_user(nkey, allowed)], "imports": imports, "exports": exports}


def _export(subject: str) -> dict[str, Any]:
    """A subject that other accounts may ask. Each request leaves 1 KB in the broker, where its answers go: if these may
    be several for two minutes, unless it is told otherwise.
    """
    return {"service": subject, "response_threshold": declaration()["remembered"]}


def _user(nkey: str, allowed: Permissions) -> dict[str, Any]:
    rules: dict[str, Any] = {
        "publish": {"allow": list(allowed.publish)},
        "subscribe": {"allow": list(allowed.subscribe)},
    }
    if allowed.answers:
        rules["allow_responses"] = {"max": 1, "expires": allowed.answers}
    return {"nkey": nkey, "permissions": rules}
