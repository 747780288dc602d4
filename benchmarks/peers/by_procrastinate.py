"""procrastinate, as its documentation has it: an asynchronous task, LISTEN, PEER_SLOTS at once."""

# mypy: disable-error-code="import-not-found, untyped-decorator, misc, no-any-return, unused-ignore"

import asyncio
import json
import os
import sys
import time
from importlib.metadata import version

import aiohttp
from procrastinate import App, PsycopgConnector

SLOTS = int(os.environ["PEER_SLOTS"])
app = App(connector=PsycopgConnector(conninfo=os.environ["PEER_URL"]))
session: aiohttp.ClientSession


@app.task(queue="calls")
async def call(n: int) -> None:
    async with session.post(os.environ["PEER_TARGET"], json={"n": n}) as answer:
        await answer.read()


async def work() -> None:
    global session
    async with (
        app.open_async(),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session,
    ):
        await app.schema_manager.apply_schema_async()
        tell()
        await app.run_worker_async(
            queues=["calls"], concurrency=SLOTS, install_signal_handlers=False
        )


async def add() -> None:
    async with app.open_async():
        tell()
        while line := await asyncio.to_thread(sys.stdin.readline):
            began = time.perf_counter()
            if line.strip() == "1":
                await call.defer_async(n=1)
            else:
                await call.batch_defer_async(*({"n": n} for n in range(int(line))))
            say(seconds=time.perf_counter() - began)


def tell() -> None:
    say(version=version("procrastinate"))


def say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)  # noqa: T201


asyncio.run(work() if sys.argv[1] == "work" else add())
