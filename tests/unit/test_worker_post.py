"""One call of a worker: whatever happens, it ends, and says nothing of the credential."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from bunkd_db.credential import Credential
from bunkd_db.errors import ConfigurationError
from bunkd_db.worker.answer import Answer
from bunkd_db.worker.post import Caller, Post, caller

Respond = Callable[[httpx.Request], httpx.Response]


def call(respond: Respond, **changes: object) -> Answer:
    given: dict[str, object] = {
        "url": "http://h/f",
        "credential_header": None,
        "headers": {},
        "body": {},
        "timeout": 5.0,
        **changes,
    }

    async def run() -> Answer:
        async with httpx.AsyncClient(transport=httpx.MockTransport(respond)) as client:
            return await Caller(client, Credential("s3cret")).call(Post(**given), {})  # type: ignore[arg-type]

    return asyncio.run(run())


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("s3cret is odd"),
        httpx.ConnectError("s3cret refused"),
        OSError("half a character \udcff and a \0, s3cret"),
        UnicodeEncodeError("ascii", "s3cret", 0, 1, "no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_however_it_fails_it_is_an_answer(error: Exception) -> None:
    def respond(_: httpx.Request) -> httpx.Response:
        raise error

    answer = call(respond)
    assert answer.outcome == "network_error"
    assert answer.error
    assert "s3cret" not in answer.error
    answer.error.encode()
    assert "\0" not in answer.error


def test_an_answer_is_cut_and_its_credential_hidden() -> None:
    answer = call(lambda _: httpx.Response(200, content=b"s3cret \0" + b"x" * 200_000))
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
    answer = call(lambda _: httpx.Response(500, content=body))
    assert answer.said == said
    assert "s3cret" not in answer.content


def test_a_proxy_that_cannot_be_used_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def open_one() -> None:
        async with caller(Credential("s3cret")):
            raise AssertionError("not to be reached")

    for name, value in (("ALL_PROXY", "socks5://127.0.0.1:9"), ("HTTP_PROXY", "foo://x")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            with pytest.raises(ConfigurationError, match="proxy"):
                asyncio.run(open_one())


def test_a_url_that_no_client_takes() -> None:
    assert call(lambda _: httpx.Response(200), url="http://[::1").outcome == "network_error"
