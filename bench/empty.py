"""The yardstick of the HTTP door: FastAPI with a pydantic body and nothing to do, served as services are."""

import argparse
import asyncio

import uvicorn
import uvloop
from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()


class Measured(BaseModel):
    metric_code: str
    kind: str
    numerator: int
    denominator: int
    direction: str
    occurred_at: str
    window_s: int
    instrument: str
    source: str


class Body(BaseModel):
    measurement: Measured


@app.post("/v1/empty")
async def empty(body: Body) -> dict[str, int]:
    return {"n": body.measurement.numerator}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    config = uvicorn.Config(
        app, port=parser.parse_args().port, log_config=None, access_log=False, server_header=False,
        proxy_headers=False, timeout_keep_alive=75,
    )  # fmt: skip
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())
