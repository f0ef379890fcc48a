"""What a caller reads when something is not done: RFC 9457, a stable code, never a secret.

Every code that is not a refusal of a decider is in `CODES`, with its status and its title.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import structlog
from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from backbone.commands import (
    ClaimTaken,
    CommandIdReused,
    Contended,
    NotStorable,
    ReceiptUnwritten,
    StaleVersion,
    StreamFault,
    UnknownAggregate,
)
from backbone.deciding import FactsBehind, Forbidden, Refusal, Unseen
from backbone.ledger import LedgerUnavailable, WordsWithheld
from backbone.strict_json import BadJson, pointer

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = "1"
MOST_ERRORS = 20
"""How many errors one problem lists."""

CODES: Mapping[str, tuple[int, str]] = {
    "json_not_utf8": (400, "The body is not UTF-8"),
    "json_malformed": (400, "The body is not JSON"),
    "json_too_deep": (400, "The body is nested too deeply"),
    "json_not_an_object": (400, "The body is not a JSON object"),
    "json_duplicate_key": (400, "The body has a key twice"),
    "json_not_finite": (400, "The body has a number that is not finite"),
    "json_number_too_long": (400, "The body has a number of too many digits"),
    "json_nul": (400, "The body has a text with U+0000"),
    "json_lone_surrogate": (400, "The body has a text that is not Unicode"),
    "idempotency_key_missing": (400, "The Idempotency-Key is missing"),
    "idempotency_key_invalid": (400, "The Idempotency-Key is not a UUID"),
    "if_match_invalid": (400, "If-Match is not one strong ETag"),
    "at_least_invalid": (400, "At-Least is not a list of positions"),
    "header_repeated": (400, "A header is there twice"),
    "cursor_invalid": (400, "The cursor is not one of ours"),
    "token_missing": (401, "The bearer token is missing"),
    "token_malformed": (401, "The bearer token is not a JWT"),
    "token_algorithm": (401, "The token is signed in a way we do not accept"),
    "token_signature": (401, "The token is not signed by a key we know"),
    "token_expired": (401, "The token has expired"),
    "token_not_yet_valid": (401, "The token is not valid yet"),
    "token_issuer": (401, "The token is from another issuer"),
    "token_audience": (401, "The token is for another audience"),
    "token_claims": (401, "The token does not say who you are"),
    "forbidden": (403, "This is not yours to do"),
    "tenant_missing": (403, "The token names no district"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "The method is not allowed here"),
    "district_closed": (410, "The district has left"),
    "claim_taken": (409, "Only one may hold this, and another does"),
    "stale_version": (412, "The version is no longer current"),
    "too_large": (413, "The body is too large"),
    "content_type": (415, "The content type is not accepted"),
    "command_invalid": (422, "The command is not valid"),
    "request_invalid": (422, "The request is not valid"),
    "line_invalid": (422, "The line is not valid"),
    "command_unknown": (422, "There is no such command"),
    "command_id_reused": (422, "The command id belongs to another request"),
    "not_storable": (422, "A value cannot be stored"),
    "rate_limited": (429, "Your district asks more than its share just now"),
    "internal": (500, "Something went wrong here"),
    "contended": (503, "Too many changed this at once"),
    "ledger_unavailable": (503, "The database does not answer"),
    "receipt_unwritten": (
        503,
        "What leaves a receipt is not read without one, and it cannot be written just now",
    ),
    "facts_behind": (503, "What others know has not arrived yet"),
    "words_withheld": (503, "What may have to be erased is not told before that is done"),
    "database_unfit": (503, "The database is another version's: an operator has to migrate it"),
    "rows_incomplete": (503, "What lists show is being derived again"),
    "figures_preparing": (503, "The first figures of this district are being worked out"),
    "past_unreadable": (503, "What happened cannot be read whole just now"),
    "past_being_read": (503, "Somebody else has the past read just now"),
    "behind": (503, "We have not come as far as At-Least asks"),
    "log_and_stream_differ": (503, "This service waits for an operator and takes no commands"),
    "stream_ahead": (503, "The stream tells more than the database: an operator has to decide"),
    "stream_differs": (503, "The stream tells another history: an operator has to decide"),
    "log_damaged": (503, "The log has a hole: an operator has to decide"),
    "keys_unavailable": (503, "The issuer's keys are not available"),
}


class Problem(Exception):
    """A request that is not done, with what its sender is told."""

    def __init__(
        self,
        code: str,
        detail: str | None = None,
        *,
        status: int = 409,
        errors: Sequence[Mapping[str, str]] = (),
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status, self.title = CODES.get(code, (status, "Refused"))
        super().__init__(code)
        self.code, self.detail, self.errors, self.details = code, detail, list(errors), dict(details or {})
        self.headers = dict(headers or {})
        if self.status == 503:
            self.headers.setdefault("Retry-After", RETRY_AFTER)
        if self.status == 401:
            error = "" if code == "token_missing" else f', error="invalid_token", error_description="{code}"'
            self.headers.setdefault("WWW-Authenticate", f'Bearer realm="chalkline"{error}')

    def members(self, trace_id: str) -> dict[str, Any]:
        """The problem as JSON; the same whoever asks, but for `trace_id`."""
        members: dict[str, Any] = {
            "type": type_uri(self.code),
            "title": self.title,
            "status": self.status,
            "code": self.code,
            "trace_id": trace_id,
        }
        if self.detail:
            members["detail"] = self.detail
        if self.errors:
            members["errors"] = self.errors
        if self.details:
            members["details"] = to_jsonable_python(self.details, fallback=lambda _: None)
        return members

    def body(self, trace_id: str) -> bytes:
        return json.dumps(self.members(trace_id), separators=(",", ":")).encode()


def type_uri(code: str) -> str:
    return f"urn:chalkline:problem:{code}"


_BY_ERROR: tuple[tuple[type[Exception], str], ...] = (
    (Unseen, "not_found"),
    (UnknownAggregate, "not_found"),
    (Forbidden, "forbidden"),
    (CommandIdReused, "command_id_reused"),
    (Contended, "contended"),
    (LedgerUnavailable, "ledger_unavailable"),
    (FactsBehind, "facts_behind"),
    (WordsWithheld, "words_withheld"),
    (NotStorable, "not_storable"),
    (ReceiptUnwritten, "receipt_unwritten"),
)


def problem_of(error: Exception) -> Problem:
    """What an error is to the outside. What nobody foresaw is logged here, and said to nobody."""
    match error:
        case Problem():
            return error
        case Refusal():
            return Problem(error.code, error.message, status=409, details=error.details)
        case StreamFault():
            return Problem(error.code)
        case ClaimTaken():  # what its key begins with: the rest may be somebody's
            return Problem("claim_taken", details={"claim": str(error).partition(":")[0]})
        case StaleVersion():
            return Problem("stale_version", details={"expected": error.expected, "actual": error.actual})
        case BadJson():
            at = [{"pointer": error.pointer, "code": error.code, "message": error.message}]
            return Problem(error.code, error.message, errors=at if error.pointer else ())
        case (
            asyncpg.UndefinedTableError() | asyncpg.UndefinedColumnError() | asyncpg.UndefinedFunctionError()
        ):
            log.error("database_unfit", error=str(error))
            return Problem("database_unfit")
    for kind, code in _BY_ERROR:
        if isinstance(error, kind):
            return Problem(code)
    log.error("unforeseen", exc_info=error)
    return Problem("internal")


def invalid(code: str, error: ValidationError, sent: Any, at: tuple[str | int, ...] = ()) -> Problem:
    """A problem that points at what does not fit in what was `sent`, and never repeats it."""
    faults = [
        fault for fault in error.errors(include_url=False, include_context=False) if not _echoes(fault, error)
    ]
    return Problem(code, errors=[_fault(fault, sent, at) for fault in faults[:MOST_ERRORS]])


def _echoes(fault: Any, error: ValidationError) -> bool:
    """Whether a fault only follows from another: of a default, or of a list that lost what did not fit."""
    if fault["type"] == "default_factory_not_called":
        return True
    inside = (
        other["loc"] for other in error.errors(include_url=False, include_context=False, include_input=False)
    )
    return fault["type"] == "too_short" and any(
        len(loc) > len(fault["loc"]) and loc[: len(fault["loc"])] == fault["loc"] for loc in inside
    )


def invalid_request(faults: Sequence[Any]) -> Problem:
    """A problem that points at parameters FastAPI refused: `/query/limit`, `/path/id`.

    Each parameter once: one that may be left out has a fault for every way of not being what it may be.
    """
    first: dict[str, Any] = {}
    for fault in faults:
        first.setdefault(pointer(tuple(fault["loc"][:2])), fault)
    return Problem(
        "request_invalid",
        errors=[
            {"pointer": at, "code": fault["type"], "message": _message(fault)}
            for at, fault in list(first.items())[:MOST_ERRORS]
        ],
    )


def _fault(fault: Any, sent: Any, at: tuple[str | int, ...]) -> dict[str, str]:
    where = pointer((*at, *_place(fault["loc"], sent, fault["type"])))
    return {"pointer": where, "code": fault["type"], "message": _message(fault)}


_ABSENT = object()


def _place(loc: Sequence[str | int], sent: Any, kind: str) -> list[str | int]:
    """The part of a validator's location that is a place in what was sent, without names of union members."""
    place: list[str | int] = []
    for index, step in enumerate(loc):
        inside = sent.get(step, _ABSENT) if isinstance(sent, dict) else _ABSENT
        if isinstance(sent, list) and isinstance(step, int) and step < len(sent):
            inside = sent[step]
        if inside is not _ABSENT:
            sent = inside
            place.append(step)
        elif kind == "missing" and index == len(loc) - 1:
            place.append(step)
    return place


def _message(fault: Any) -> str:
    kind, message = fault["type"], str(fault["msg"])
    if kind.startswith(("date_parsing", "date_from_datetime")):
        return "must be a day there is, written as 2026-03-02"
    if kind.startswith(("datetime_parsing", "datetime_from_date", "timezone_")):
        return "must be a moment there is, with its zone, written as 2026-03-02T08:00:00Z"
    if kind in {"too_short", "too_long"}:  # these name a type of Python's
        return f"must {message.partition(' should ')[2].partition(' after ')[0]}"
    if kind.endswith("_parsing"):  # these quote characters of what they read
        return f"must be a valid {kind.removesuffix('_parsing').replace('_', ' ')}"
    if kind == "union_tag_invalid":
        return "is none of the kinds we know"
    value = fault.get("input")
    quoted = isinstance(value, str | int | float) and len(str(value)) > 2 and str(value) in message
    if quoted:
        return "is not valid"
    return message.removeprefix("Value error, ").removeprefix("Assertion failed, ")
