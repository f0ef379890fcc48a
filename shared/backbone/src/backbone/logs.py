"""Logs: one JSON object a line on stdout, whoever writes it, without words or secrets."""

import json
import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import stamina
import structlog
from pydantic_core import PydanticSerializationError, to_json
from structlog.typing import ExcInfo, Processor

NEVER = frozenset(
    {
        *("authorization", "token", "secret", "password", "cookie", "jwt", "key"),
        *("words", "text", "statement", "note", "body", "input"),
        *("address", "email", "given_name", "family_name"),
    }
)
"""Names of fields that are blanked wherever they turn up. A second net: nobody should log them at all."""


def configure(service: str, *, level: str = "info", form: Literal["json", "console"] = "json") -> None:
    """Sends structlog and the standard library's loggers (uvicorn's, FastStream's) to stdout, a line each."""
    least = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _of(service),
        blanked,
    ]
    rendered: list[Processor] = [structlog.processors.ExceptionRenderer(_WithoutValues())]
    rendered.append(
        structlog.dev.ConsoleRenderer()
        if form == "console"
        else structlog.processors.JSONRenderer(serializer=_json)
    )
    structlog.configure(
        processors=[*shared, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    # Whoever tries again says so itself, with what it was about.
    stamina.instrumentation.set_on_retry_hooks([])
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(least)
    logging.getLogger("asyncio").addFilter(worth_telling)
    for name in ("uvicorn", "uvicorn.error", "faststream"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in ("uvicorn.access", "httpx", "httpcore"):  # the front writes a line a request itself
        logging.getLogger(name).setLevel(logging.WARNING)


def worth_telling(record: logging.LogRecord) -> bool:
    """Not what asyncio remarks at the end of every TLS connection of nats-py: a filter for its logger."""
    return "eof_received() has no effect" not in record.getMessage()


def _json(line: Any, **_: Any) -> str:
    try:
        return to_json(line, fallback=str).decode()
    except PydanticSerializationError:  # a text that is not Unicode, as a file's name may be
        return json.dumps(line, default=str, separators=(",", ":"))


class _WithoutValues(structlog.tracebacks.ExceptionDictTransformer):
    """A traceback without locals, and of each message the first line: what follows quotes values."""

    def __init__(self) -> None:
        super().__init__(show_locals=False)

    def __call__(self, exc_info: ExcInfo) -> list[dict[str, Any]]:
        stacks = super().__call__(exc_info)
        for stack in stacks:
            stack["exc_value"] = str(stack["exc_value"]).partition("\n")[0][:200]
        return stacks


def _of(service: str) -> Processor:
    def add_service(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    return add_service


def blanked(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blanks what must not be read in a log, at the top and one level down."""
    for field in NEVER & event.keys():
        event[field] = "…"
    for field, value in event.items():
        if isinstance(value, dict) and not NEVER.isdisjoint(value):
            event[field] = {k: "…" if k in NEVER else v for k, v in value.items()}
    return event
