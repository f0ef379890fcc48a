"""Into the services' databases, to read: for what an operator asks of several services at once."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg

from chalkline import show
from chalkline.problem import Problem
from chalkline.services import Service


@asynccontextmanager
async def reading(services: Sequence[Service]) -> AsyncIterator[dict[str, asyncpg.Connection]]:
    """A connection to each service's database, by name, that can change nothing. Raises Problem."""
    async with AsyncExitStack() as stack:
        found: dict[str, asyncpg.Connection] = {}
        for service in services:
            secret = service.state.secrets / service.name / "database_password"
            try:
                found[service.name] = connection = await asyncpg.connect(
                    service.database_url,
                    password=secret.read_text(),
                    timeout=5,
                    server_settings={
                        "application_name": "chalkline",
                        "default_transaction_read_only": "on",
                        "jit": "off",
                        # A whole log takes longer to read than a service may take for anything.
                        "statement_timeout": "0",
                        "transaction_timeout": "0",
                        "idle_in_transaction_session_timeout": "10min",
                    },
                )
            except (OSError, TimeoutError, asyncpg.PostgresError) as error:
                raise Problem(
                    f"the database of {service.name} does not answer",
                    f"start the platform: {show.called(service.state, 'up')}",
                ) from error
            stack.push_async_callback(connection.close)
        yield found
