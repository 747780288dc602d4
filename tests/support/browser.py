"""A real headless Chromium, by its DevTools protocol: how a page looks, what it asks for, what it complains about."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.request import Request, urlopen

import aiohttp
import pytest

from tests.support.wait import wait_until

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
FLAGS = (
    "--headless",
    "--no-sandbox",  # root has none, in a container nobody
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
)
# every text that can be seen: its colour and the first ground behind it that is not transparent
FAINT = """
(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = numbers(colour).map((c) => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const colour = getComputedStyle(e).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !e.getClientRects().length || e.closest('title')) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(e.closest('svg') ? style.fill : style.color), light(ground(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) found.push(`${contrast.toFixed(2)}: ${texts.currentNode.data.trim().slice(0, 40)}`);
  }
  return found;
})()
"""
WIDER = """
[...document.querySelectorAll('body *')]
  .filter((e) => !e.closest('.hidden, thead') && e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5)
  .map((e) => `${e.tagName} ${e.className.baseVal ?? e.className}: ${e.textContent.slice(0, 40)}`)
"""
MISSING = "there is no Chromium or Google Chrome here: nobody looks at the page of status --html"
Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Seen:
    """A page in a window.

    Attributes:
        console: what it complained about.
        requested: everything that was asked for, the page first.
        wide: how wide it is, in a window of `width`; `wider` are the elements that stick out.
        faint: texts whose contrast is below 4.5, with it.
        ground: the colour behind it all.
        elements: their names.
    """

    console: list[str]
    requested: list[str]
    width: int
    wide: int
    wider: list[str]
    faint: list[str]
    ground: str
    elements: list[str]
    text: str

    def is_clean(self, url: str) -> None:
        """It fits, can be read, asked for nothing but itself, and nobody complained."""
        assert self.console == []
        assert self.requested == [url]
        assert (self.wide, self.wider) == (self.width, [])
        assert self.faint == []
        assert {"script", "img", "iframe", "link"} & set(self.elements) == set()


@dataclass(frozen=True)
class Browser:
    port: int

    def look(self, url: str, *, width: int = 1280, scheme: Scheme = "light") -> Seen:
        """Open a page in a new tab, and close it again."""
        return asyncio.run(asyncio.wait_for(self._look(url, width, scheme), 60))

    async def _look(self, url: str, width: int, scheme: Scheme) -> Seen:
        tab = json.load(urlopen(Request(f"http://127.0.0.1:{self.port}/json/new", method="PUT")))
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(tab["webSocketDebuggerUrl"], max_msg_size=0) as socket,
            ):
                return await _Tab(socket).look(url, width, scheme)
        finally:
            urlopen(f"http://127.0.0.1:{self.port}/json/close/{tab['id']}").close()


class _Tab:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._sent = 0
        self._events: list[dict[str, Any]] = []

    async def look(self, url: str, width: int, scheme: Scheme) -> Seen:
        for domain in ("Page", "Log", "Runtime", "Network"):
            await self._ask(f"{domain}.enable")
        await self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=False,
        )
        await self._ask(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        await self._ask("Page.navigate", url=url)
        await self._event("Page.loadEventFired")
        wide = await self._value("document.documentElement.scrollWidth")
        return Seen(
            width=width,
            wide=int(wide),
            wider=await self._value(WIDER),
            faint=await self._value(FAINT),
            ground=await self._value("getComputedStyle(document.body).backgroundColor"),
            elements=await self._value(
                "[...document.querySelectorAll('*')].map((e) => e.localName)"
            ),
            text=await self._value("document.body.innerText"),
            console=[text for event in self._events if (text := _complaint(event))],
            requested=[
                event["params"]["request"]["url"]
                for event in self._events
                if event["method"] == "Network.requestWillBeSent"
            ],
        )

    async def _ask(self, method: str, **parameters: object) -> Any:
        self._sent += 1
        await self._socket.send_json({"id": self._sent, "method": method, "params": parameters})
        while (said := await self._socket.receive_json()).get("id") != self._sent:
            self._events.append(said)
        assert "error" not in said, said
        return said["result"]

    async def _event(self, method: str) -> None:
        while method not in [event["method"] for event in self._events]:
            self._events.append(await self._socket.receive_json())

    async def _value(self, expression: str) -> Any:
        found = await self._ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"]["value"]


def _complaint(event: dict[str, Any]) -> str:
    """What a message of the console says; empty for another event."""
    match event["method"]:
        case "Log.entryAdded":
            return str(event["params"]["entry"]["text"])
        case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
            return json.dumps(event["params"])
        case _:
            return ""


def probe() -> str | None:
    """Where the browser is."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """Start one with a profile of its own below the folder."""
    program = probe()
    if program is None and sys.platform != "linux":
        pytest.skip(MISSING)
    if program is None:
        pytest.fail("chromium is missing: apt-get install chromium", pytrace=False)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={folder / 'profile'}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        place = folder / "profile/DevToolsActivePort"
        lines = wait_until(
            lambda: place.read_text().splitlines() if place.exists() else [],
            60,
            "the browser listens",
            lambda: (folder / "log").read_text(errors="replace")[-2000:],
        )
        yield Browser(int(lines[0]))
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)
