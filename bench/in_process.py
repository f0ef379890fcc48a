"""Commands in process, beside pgbench's single-row insert on the same server, round by round."""

import asyncio
import re
from itertools import count
from pathlib import Path

import asyncpg
from backbone.collecting import collect_less

from bench.report import Row, Section, ratio_row, row
from bench.school import school
from bench.servers import Servers, chain_key, on_uvloop

CLIENTS = (1, 16, 64)
SCRIPT = """\
INSERT INTO single_rows (tenant, stream_id, version, data)
VALUES ('00000000-0000-4000-8000-000000000001', gen_random_uuid(), 1, '{data}');
"""
TABLE = """
CREATE TABLE single_rows (
    tenant uuid NOT NULL, stream_id uuid NOT NULL, version integer NOT NULL, data json NOT NULL,
    UNIQUE (tenant, stream_id, version)
)
"""
DATA = (
    '{"cycle_id":"84d03a8b-c4bf-4f85-be65-f764258bee96","partnership_id":"596274d5-edf6-42c3-9bc6-e1eef0cdac96",'
    '"measurement":{"metric_code":"on_task","kind":"intervals_on_task","numerator":40,"denominator":100,'
    '"unit":"intervals","direction":"increase","occurred_at":"2026-10-15T00:32:25.059661Z","window_s":1200,'
    '"n_students":null,"subgroup":null,"instrument":"time-on-task@1","source":"observation",'
    '"measurement_id":"53556132-447b-5965-8fba-26b37ea76876",'
    '"recorded_by":"92ae8d4a-e1f6-4134-be9b-05c6c51f922a"},"observation_id":null}'
)
"""The payload that a command of ours stores, too; beside it ours keeps who, when, a digest and a chained hash."""


async def measure(servers: Servers, *, quick: bool) -> Section:
    return await on_uvloop(lambda: _measure(servers, quick=quick))


async def _measure(servers: Servers, *, quick: bool) -> Section:
    collect_less(answering=True)  # as a service does
    rounds, seconds, goals = (2, 1.0, 1000) if quick else (5, 3.0, 10_000)
    made = await servers.database("inprocess", "goals")
    yardstick = await Pgbench.prepare(servers)
    async with school(made.full_url, chain_key(made), goals) as there:
        numbers = count(1)
        await there.run(64, seconds=seconds, numbers=numbers)  # warm
        rates: dict[int, list[float]] = {n: [] for n in CLIENTS}
        inserts: dict[int, list[float]] = {n: [] for n in CLIENTS}
        medians: dict[int, list[float]] = {n: [] for n in CLIENTS}
        worst: dict[int, list[float]] = {n: [] for n in CLIENTS}
        for _ in range(rounds):
            for clients in CLIENTS:
                inserts[clients].append(await yardstick.run(clients, seconds))
                run = await there.run(clients, seconds=seconds, numbers=numbers)
                rates[clients].append(run.rate)
                medians[clients].append(run.at(0.5))
                worst[clients].append(run.at(0.99))
    rows: list[Row] = []
    for n in CLIENTS:
        plural = "client" if n == 1 else "clients"
        rows.append(row(f"commands, {n} {plural}", "/s", rates[n]))
        rows.append(row(f"pgbench single-row insert, {n} {plural}", "/s", inserts[n]))
        rows.append(
            ratio_row(f"ratio, {n} {plural}", rates[n], inserts[n], at_least=0.8 if n == 64 else None)
        )
        rows.append(row(f"p50, {n} {plural}", "ms", medians[n], at_most=1.5 if n == 1 else None))
        rows.append(row(f"p99, {n} {plural}", "ms", worst[n]))
    return Section("Commands in process", rows)


class Pgbench:
    """PostgreSQL's own benchmark client, with one insert a transaction."""

    def __init__(self, servers: Servers, script: Path) -> None:
        self._servers, self._script = servers, script

    @classmethod
    async def prepare(cls, servers: Servers) -> "Pgbench":
        admin = await asyncpg.connect(servers.postgres.url())
        await admin.execute(TABLE)
        await admin.close()
        script = servers.folder / "insert.sql"
        script.write_text(SCRIPT.format(data=DATA))
        return cls(servers, script)

    async def run(self, clients: int, seconds: float) -> float:
        """Inserts a second."""
        process = await asyncio.create_subprocess_exec(
            str(self._servers.postgres.bin / "pgbench"),
            "-n", "-M", "simple", "-f", str(self._script), "-c", str(clients), "-j", str(min(clients, 2)),
            "-T", str(max(1, round(seconds))), self._servers.postgres.url(),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        output, _ = await process.communicate()
        found = re.search(rb"tps = ([\d.]+)", output)
        if found is None:
            raise RuntimeError(output.decode())
        return float(found[1])
