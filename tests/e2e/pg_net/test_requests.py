"""What it refuses, and what arrives at the other end."""

import psycopg
import pytest

from tests.e2e.pg_net.asking import JSON, answer, post, queued
from tests.e2e.pg_net.versions import NAMES_THE_URL, Version
from tests.support.database import Database
from tests.support.endpoint import Endpoint
from tests.support.scalar import scalar
from tests.support.server import Connection


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("functions/v1/run_job", "Bad scheme"),
        ("example.com", "Bad scheme"),
        ("nothing://example.com", "Unsupported URL scheme"),
        ("http://", "No host part in the URL"),
        ("http://example.com:99999/", "Port number was not a decimal number"),
    ],
)
def test_a_url_that_cannot_be_called_is_refused_at_once(
    net: Connection, version: Version, url: str, problem: str
) -> None:
    with pytest.raises(psycopg.errors.InternalError_) as refused:
        post(net, url)
    said = str(refused.value.diag.message_primary)
    if version >= NAMES_THE_URL:
        assert said.startswith(f'invalid URL "{url}": {problem}')
    else:
        assert url not in said
        assert problem not in said
    assert queued(net) == {}


def test_a_null_url_violates_the_not_null_constraint(net: Connection) -> None:
    with pytest.raises(psycopg.errors.NotNullViolation, match='column "url"'):
        post(net, None)


@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=utf-8"])
def test_any_other_content_type_is_refused(net: Connection, kind: str) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match='must be "application/json"'):
        post(net, "http://127.0.0.1:1/", headers={"content-type": kind})


def test_a_missing_content_type_is_added(net: Connection, function: Endpoint) -> None:
    answer(net, post(net, function.url, headers={"X-Bunkd-Reason": "tick"}))
    (received,) = function.received
    assert received.header("Content-Type") == "application/json"
    assert received.reason == "tick"


def test_a_post_arrives_with_its_headers_body_and_agent(
    net: Connection, function: Endpoint
) -> None:
    headers: dict[str, str | None] = {
        **JSON,
        "Authorization": "Bearer a.b-c",
        "apikey": "sb_secret_x",
        "X-Bunkd-Call": "7",
    }
    answer(net, post(net, function.url, body={"a": [1, "ü"]}, headers=headers))
    (received,) = function.received
    assert received.method == "POST"
    assert received.body.decode() == '{"a": [1, "ü"]}'
    assert {name: received.header(name) for name in headers} == headers
    assert str(received.header("User-Agent")).startswith("pg_net/")


def test_a_null_header_is_left_out_silently(net: Connection, function: Endpoint) -> None:
    result = answer(net, post(net, function.url, headers={**JSON, "Authorization": None}))
    assert result.status_code == 200
    assert function.received[0].header("Authorization") is None


def test_parameters_are_encoded_into_the_url(net: Connection, function: Endpoint) -> None:
    query = 'select net.http_post(%s, params := \'{"a": "b c&d"}\')'
    answer(net, scalar(net, int, query, [function.base_url]))
    assert function.received[0].path == "/?a=b%20c%26d"


@pytest.mark.parametrize(
    ("status", "method"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")]
)
def test_a_redirect_is_followed_and_may_lose_the_post(
    net: Connection, function: Endpoint, status: int, method: str
) -> None:
    function.redirect_to, function.redirect_status = function.url + "?moved", status
    function.next_with("redirect")
    result = answer(net, post(net, function.url, body={"a": 1}))
    first, second = function.received
    assert (first.method, second.method) == ("POST", method)
    assert second.body == (b'{"a": 1}' if method == "POST" else b"")
    assert result.status_code == (200 if method == "POST" else 405)


def test_another_host_gets_the_apikey_but_not_the_authorization(
    net: Connection, function: Endpoint, database: Database
) -> None:
    with Endpoint(host=database.server.bind, public_host=database.server.callback_host) as other:
        function.redirect_to, function.redirect_status = other.url, 307
        function.next_with("redirect")
        headers: dict[str, str | None] = {**JSON, "Authorization": "Bearer x", "apikey": "y"}
        answer(net, post(net, function.url, headers=headers))
        assert other.received[0].header("Authorization") is None
        assert other.received[0].header("apikey") == "y"
