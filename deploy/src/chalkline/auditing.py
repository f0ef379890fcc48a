"""What operators did, across services: each tells its own, over HTTP, and it is put in order of time here."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx

from chalkline import asking, delegating, issuer
from chalkline.issuer import Bearer
from chalkline.problem import Problem
from chalkline.services import Service
from chalkline.state import State

Row = dict[str, Any]


def audit(
    state: State, names: Sequence[str], tenant: UUID | None, since: datetime | None, operator: str | None
) -> list[Row]:
    """Every act, oldest first, each with its `service`. Raises Problem where one of the services does not tell."""
    services = delegating.chosen(state, names)
    token = issuer.token(state, Bearer("operator", "operator", str(tenant) if tenant else None))
    asked = {"since": since.isoformat() if since else None, "operator": operator}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/jsonl"}
    with asking.client(timeout=30, headers=headers) as http:
        found = [row for service in services for row in _told(http, service, query)]
    return sorted(found, key=lambda row: datetime.fromisoformat(row["at"]))


def _told(http: httpx.Client, service: Service, query: str) -> Iterator[Row]:
    url = f"{service.url}/v1/audit" + (f"?{query}" if query else "")
    try:
        answer = http.get(url)
    except httpx.HTTPError as error:
        raise Problem(
            f"{service.name} does not tell: {error or type(error).__name__}", "try again"
        ) from error
    if not answer.is_success:
        told = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        raise Problem(f"{service.name} does not tell: {told.get('code', answer.status_code)}")
    yield from ({**json.loads(line), "service": service.name} for line in answer.iter_lines())
