"""pgqueuer, as its documentation has it: asyncpg, an asynchronous entrypoint, PEER_SLOTS at once."""

# mypy: disable-error-code="import-not-found, untyped-decorator, misc, no-any-return, unused-ignore"

import asyncio
import json
import os
import sys
import time
from importlib.metadata import version

import aiohttp
import asyncpg
from pgqueuer import AsyncpgDriver, Job, PgQueuer, Queries

SLOTS = int(os.environ["PEER_SLOTS"])


async def work() -> None:
    connection = await asyncpg.connect(os.environ["PEER_URL"])
    driver = AsyncpgDriver(connection)
    await Queries(driver).install()
    queuer = PgQueuer(driver)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        @queuer.entrypoint("call")
        async def call(job: Job) -> None:
            async with session.post(os.environ["PEER_TARGET"], data=job.payload) as answer:
                await answer.read()

        tell()
        await queuer.run(max_concurrent_tasks=SLOTS)


async def add() -> None:
    queries = Queries(AsyncpgDriver(await asyncpg.connect(os.environ["PEER_URL"])))
    tell()
    while line := await asyncio.to_thread(sys.stdin.readline):
        jobs = int(line)
        began = time.perf_counter()
        if jobs == 1:
            await queries.enqueue("call", b"{}")
        else:
            await queries.enqueue(["call"] * jobs, [b"{}"] * jobs, [0] * jobs)
        say(seconds=time.perf_counter() - began)


def tell() -> None:
    say(version=version("pgqueuer"))


def say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)  # noqa: T201


if __name__ == "__main__":
    import uvloop

    uvloop.run(work() if sys.argv[1] == "work" else add())
