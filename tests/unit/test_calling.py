"""One call: whatever happens it ends, and says nothing of the credential."""

import asyncio
import json
import re
import ssl
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import get_args

import pytest

from bunkd_db.calling.answer import FAILURES, Answer, Outcome
from bunkd_db.calling.client import client, post
from bunkd_db.calling.failure import failure_of
from bunkd_db.calling.proxy import Proxies
from bunkd_db.calling.request import Request
from bunkd_db.credential import Credential
from bunkd_db.errors import ConfigurationError
from bunkd_db.settings import ScheduleSettings
from tests.support.machine import free_port

ROOT = Path(__file__).resolve().parents[2]
SECRET = Credential("s3cret")
FORMER = 'the"former\\one'


@asynccontextmanager
async def served(
    answer: bytes | None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers these bytes to everybody, or None to nobody, and what it was sent."""
    heard: list[bytes] = []
    talks: set[asyncio.Task[None] | None] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(asyncio.current_task())
        with suppress(OSError), closing(writer):
            heard.append(await reader.read(65536))
            if answer is None:
                await reader.read()
            else:
                writer.write(answer)
                await writer.drain()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/f", heard
        for task in filter(None, talks):
            task.cancel()
        await asyncio.gather(*filter(None, talks), return_exceptions=True)


def http(status: int, body: bytes, *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(head).encode() + body


def to(url: str, timeout_ms: int = 5000, **given: object) -> Request:
    return Request.to(url, ScheduleSettings(**given), timeout_ms, SECRET)  # type: ignore[arg-type]


async def send(request: Request, more: Mapping[str, str] | None = None) -> Answer:
    async with client(SECRET) as opened:
        return await opened.post(request, more or {})


def answered(answer: bytes) -> Answer:
    async def run() -> Answer:
        async with served(answer) as (url, _):
            return await send(to(url))

    return asyncio.run(run())


def test_what_is_sent() -> None:
    async def run() -> bytes:
        async with served(http(200, b"{}")) as (url, heard):
            request = to(
                f"{url}?q='%41{{x}}",
                headers={"X-A": "b", "apikey": "theirs"},
                credential_header="apikey",
            )
            await send(request, {"X-Bunkd-Call": "7"})
            return heard[0]

    line, *headers = asyncio.run(run()).decode().splitlines()
    assert line == "POST /f?q='%41{x} HTTP/1.1"
    named = {name.lower(): text for name, _, text in (h.partition(": ") for h in headers)}
    assert named["apikey"] == "s3cret"
    assert (named["x-a"], named["x-bunkd-call"]) == ("b", "7")
    assert named["content-type"] == "application/json"
    assert named["user-agent"].startswith("bunkd-db/")


def test_without_a_credential_none_is_sent() -> None:
    async def run() -> list[bytes]:
        async with served(http(200, b"")) as (url, heard), client(None) as opened:
            await opened.post(to(url), {})
            await opened.options(url, 5)
            return heard

    for sent in asyncio.run(run()):
        assert b"authorization" not in sent.lower()


def test_an_answer_is_cut_and_its_credential_hidden() -> None:
    answer = answered(http(200, b"s3cret \0" + b"x" * 200_000))
    assert answer.content.startswith("*** xxx")
    assert len(answer.content) == 1000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": "bad s\\u0033cret", "job_id": 7, "other": 1}', "bad ***"),
        (b'{"error": {"got": "s3cret"}}', '{"got": "***"}'),
        (b'{"message": "s3c\\/ret s3cret"}', "s3c/ret ***"),
        (b'["s3cret"]', ""),
    ],
)
def test_the_credential_is_hidden_however_it_is_escaped(body: bytes, said: str) -> None:
    answer = answered(http(500, body))
    assert answer.said == said
    assert "s3cret" not in answer.content


@pytest.mark.parametrize("got", [FORMER, {"got": FORMER}])
def test_the_former_credential_is_hidden_too(got: object) -> None:
    body = json.dumps({"error": got})

    async def run() -> Answer:
        async with (
            served(http(401, body.encode())) as (url, _),
            client(Credential(FORMER)) as opened,
        ):
            opened.replace_credential(SECRET)
            return await opened.post(to(url), {})

    answer = asyncio.run(run())
    assert "***" in answer.said
    assert "former" not in answer.said
    assert "former" not in answer.content


def test_no_redirect_is_followed() -> None:
    async def run() -> tuple[Answer, int]:
        async with served(http(200, b"{}")) as (other, heard):
            moved = http(307, b"", f"Location: {other}")
            async with served(moved) as (url, _):
                return await send(to(url)), len(heard)

    answer, elsewhere = asyncio.run(run())
    assert (answer.status, answer.outcome, elsewhere) == (307, "http_error", 0)
    assert answer.location.startswith("http://127.0.0.1:")


def test_a_long_header_is_no_failure() -> None:
    assert answered(http(200, b"{}", f"X-Policy: {'x' * 20_000}")).status == 200


@pytest.mark.parametrize(
    ("url", "failure", "says"),
    [
        ("http://nowhere.invalid/f", "dns", "ame "),
        ("http://127.0.0.1:{free}/f", "refused", "Connection refused"),
        ("http://[::1", "network", "IPv6"),
    ],
)
def test_why_nobody_answered(url: str, failure: str, says: str) -> None:
    answer = post(to(url.replace("{free}", str(free_port()))), SECRET, {})
    assert (answer.failure, answer.outcome) == (failure, "network_error")
    assert says in answer.error


def test_an_answer_that_is_no_http_does_not_show_the_query() -> None:
    async def run() -> Answer:
        async with served(b"garbage\r\n\r\n") as (url, _):
            return await send(to(f"{url}?key=s3cret"))

    answer = asyncio.run(run())
    assert (answer.failure, answer.said[:22]) == ("network", "the answer is not HTTP")
    assert "s3cret" not in answer.said
    assert "\n" not in answer.said
    bad = post(to("http://h:99999/f?key=s3cret"), SECRET, {})
    assert "s3cret" not in bad.said


def test_a_server_that_is_silent_is_a_timeout() -> None:
    async def run() -> Answer:
        async with served(None) as (url, _):
            return await send(to(url, 200))

    answer = asyncio.run(run())
    assert (answer.outcome, answer.error) == ("timeout", "Timeout of 0.2 s reached")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x -keyout key -out crt"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(folder) / "crt", Path(folder) / "key")
    return context


def test_a_certificate_that_nobody_vouches_for(certificate: ssl.SSLContext) -> None:
    async def run() -> tuple[Answer, list[bytes]]:
        async with served(http(200, b"{}"), certificate) as (url, heard):
            return await send(to(url)), heard

    answer, heard = asyncio.run(run())
    assert answer.failure == "tls"
    assert answer.error.startswith("the certificate was not accepted: self")
    assert heard == []


def test_tls_where_there_is_none() -> None:
    async def run() -> Answer:
        async with served(http(200, b"{}")) as (url, _):
            return await send(to(url.replace("http:", "https:")))

    answer = asyncio.run(run())
    assert answer.failure == "tls"
    assert answer.error.startswith("the TLS handshake failed: ")


@pytest.mark.parametrize(
    "headers", [{"X-Tenant": "a\nb"}, {"X-Half": "\udcff"}], ids=["line break", "half a character"]
)
def test_a_header_that_nobody_can_send(headers: dict[str, str]) -> None:
    answer = asyncio.run(send(to("http://127.0.0.1:1/", headers=headers)))
    assert answer.outcome == "network_error"
    answer.error.encode()


@pytest.mark.parametrize(
    "error", [RuntimeError("s3cret is odd"), OSError("\udcff and a \0, s3cret")]
)
def test_however_it_fails_the_credential_is_hidden(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(Proxies, "of", refuse)
    answer = asyncio.run(send(to("http://127.0.0.1:1/")))
    assert (answer.outcome, failure_of(error)) == ("network_error", "network")
    assert "***" in answer.error
    answer.error.encode()
    assert "\0" not in answer.error


# Proxies


@pytest.mark.parametrize(
    "environ",
    [
        {"ALL_PROXY": "socks5://u:hunter2@127.0.0.1:9"},
        {"HTTP_PROXY": "foo://x"},
        {"HTTPS_PROXY": "http://u:hunter2@h:port"},
    ],
    ids=lambda environ: next(iter(environ)),
)
def test_a_proxy_that_cannot_be_used_is_a_setting(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=next(iter(environ))) as raised:
        post(to("http://h/f"), SECRET, {})
    assert "hunter2" not in str(raised.value)


@pytest.fixture
def proxy() -> Iterator[tuple[str, list[bytes]]]:
    """One that answers everything itself, in a thread of its own."""
    started, ended = threading.Event(), threading.Event()
    found: list[tuple[str, list[bytes]]] = []

    async def run() -> None:
        async with served(http(200, b"{}")) as (url, heard):
            found.append((url.removesuffix("/f"), heard))
            started.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    started.wait(5)
    yield found[0]
    ended.set()
    thread.join()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_proxy_of_the_environment_is_used(
    name: str, proxy: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, heard = proxy
    monkeypatch.setenv(name, url.removeprefix("http://"))
    assert post(to("http://nowhere.invalid/f"), SECRET, {}).status == 200
    assert heard[0].startswith(b"POST http://nowhere.invalid/f HTTP/1.1")
    monkeypatch.setenv("NO_PROXY", "nowhere.invalid")
    assert post(to("http://nowhere.invalid/f"), SECRET, {}).failure == "dns"


def test_a_proxy_that_refuses_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def run() -> tuple[Answer, bytes]:
        async with served(http(407, b"")) as (url, heard):
            proxy = url.removesuffix("/f").replace("http://", "http://u:hunter2@")
            monkeypatch.setenv("HTTPS_PROXY", proxy)
            return await send(to("https://nowhere.invalid/f")), heard[0]

    answer, heard = asyncio.run(run())
    assert heard.startswith(b"CONNECT nowhere.invalid:443 ")
    assert (answer.failure, answer.error) == ("network", "the proxy answered 407 X")
    assert b"s3cret" not in heard


def test_every_outcome_is_explained_and_those_that_fail_fail_in_the_database_too() -> None:
    """`bunkd.classify_answer` is held to the same by tests/worker/test_exchange.py."""
    page = (ROOT / "docs/operate.md").read_text().partition("## How a call ended")[2]
    explained = re.findall(r"^\| `(\w+)` \|", page.partition("\n## ")[0], re.MULTILINE)
    assert set(explained) == {*get_args(Outcome), "lost"}
    settle = ROOT / "bunkd_db/sql/functions/settle"
    classify = (settle / "classify_answer.sql").read_text()
    assert {f"'{outcome}'" for outcome in get_args(Outcome)} <= set(re.findall(r"'\w+'", classify))
    fails = (settle / "is_failure.sql").read_text().partition("$$")[2].partition("$$")[0]
    assert {outcome for outcome in get_args(Outcome) if f"'{outcome}'" in fails} == FAILURES
