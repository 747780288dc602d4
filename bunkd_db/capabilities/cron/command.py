"""Which HTTP calls a cron job's command makes, read from its text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from itertools import islice

from bunkd_db.capabilities.cron.keys import Key, find_keys
from bunkd_db.capabilities.cron.sql_text import LITERAL, LONGEST, SqlText, arguments_at, read_sql


class Sender(StrEnum):
    """Who sends a call."""

    PG_NET = "pg_net"
    HTTP = "http"  # pgsql-http
    TICK = "bunkd-db"


@dataclass(frozen=True)
class HttpCall:
    """A call that a text makes.

    Attributes:
        host: of its URL, with a port that is named; None where the URL is put together when it runs.
        path: of its URL without the query, to tell two URLs apart: never shown.
        has_timeout: pg_net is told how long it waits.
        schedule: of a tick.
        source: the function in whose body the call is; None for the command itself.
    """

    sender: Sender
    host: str | None = None
    path: str | None = None
    has_timeout: bool = True
    schedule: str | None = None
    source: Source | None = None


@dataclass(frozen=True)
class Source:
    """A function that commands may name: its signature and its body, which may hold keys."""

    id: int
    schema: str
    name: str
    signature: str
    body: str = field(repr=False)

    @cached_property
    def keys(self) -> list[Key]:
        """The keys in its body."""
        return find_keys(self.body[:LONGEST])


@dataclass(frozen=True)
class Read:
    """What was read from a command and from the bodies of the functions that it calls.

    Attributes:
        keys: in the command; `kept`: in the functions that make a call.
        prunes: it deletes from pg_cron's run history.
    """

    calls: tuple[HttpCall, ...]
    keys: tuple[Key, ...]
    kept: tuple[tuple[Source, Key], ...]
    prunes: bool

    @property
    def every_key(self) -> list[Key]:
        return [*self.keys, *(key for _, key in self.kept)]


_MOST = 50  # calls of one text that are looked at
_CALL = re.compile(
    r"""(?<![\w."$])(?:(?:"?(?P<schema>\w{1,63})"?)\s{0,9}\.\s{0,9})?"""
    r"""(?:"?(?P<name>http(?:_(?:get|post|put|patch|delete|head))?)"?|"?(?P<tick>tick)"?)\s{0,9}\(""",
    re.IGNORECASE,
)
_IS_CODE = re.compile(
    r"""(?i)\bhttp(?:_(?:get|post|put|patch|delete|head))?"?\s{0,9}\(|\btick"?\s{0,9}\(|\bjob_run_details\b"""
)
_PRUNES = re.compile(
    r"""(?i)\b(?:delete\s+from|truncate)\b[\s\w]{0,40}?(?:"?cron"?\s{0,9}\.\s{0,9})?"?job_run_details\b"""
)
_NAMED = re.compile(r"\s*\"?(\w{1,63})\"?\s*(?::=|=>)(.*)", re.DOTALL)
_URL_NAMES = ("url", "uri")
_TIMEOUT = "timeout_milliseconds"
# where it stands in pg_net's functions if arguments are not named
_TIMEOUT_AT = {"http_get": 3, "http_post": 4, "http_delete": 3}
_URL = re.compile(
    r"\s*https?://(?:[^/?#@\s]*@)?(?P<host>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})"
    r"(?P<port>:\d{1,5})?(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_DEFAULT_PORTS = (":80", ":443")
_VARIABLE = re.compile(r"\s*\"?([A-Za-z_]\w{0,62})\"?\s*$")
_FIRST = re.compile(rf"[\s(]*{LITERAL}")
_AND = re.compile(rf"\s*(?:::\s*\w+\s*)?\|\|\s*{LITERAL}")
_MORE = re.compile(r"\s*(?:::\s*\w+\s*)?\|\|")


def read_command(command: str, functions: list[Source]) -> Read:
    """Read a command, and the bodies of those of the functions that it calls."""
    text = read_sql(command, _IS_CODE)
    calls, prunes = _calls(text), bool(_PRUNES.search(text.code))
    kept: list[tuple[Source, Key]] = []
    for function in functions:
        if not _calls_function(text.code, function):
            continue
        body = read_sql(function.body, _IS_CODE)
        inside = _calls(body, function)
        calls += inside
        prunes = prunes or bool(_PRUNES.search(body.code))
        if inside:
            kept += [(function, key) for key in function.keys]
    return Read(tuple(calls), tuple(find_keys(command[:LONGEST])), tuple(kept), prunes)


def _calls_function(code: str, function: Source) -> bool:
    schema, name = re.escape(function.schema), re.escape(function.name)
    pattern = rf"""(?i)(?:(?<![\w."$])|(?<![\w"$])"?{schema}"?\s{{0,9}}\.\s{{0,9}})"?{name}"?\s{{0,9}}\("""
    return bool(re.search(pattern, code))


def _calls(text: SqlText, source: Source | None = None) -> list[HttpCall]:
    found = []
    for match in islice(_CALL.finditer(text.code), _MOST):
        schema, name = (match["schema"] or "").lower(), (match["name"] or "").lower()
        arguments = arguments_at(text.code, match.end())
        if match["tick"]:
            if schema == "bunkd":
                found.append(HttpCall(Sender.TICK, schedule=_literal(text, arguments[0])))
            continue
        host, path = parse_url(*_url(text, arguments, name))
        if schema != "net":
            found.append(HttpCall(Sender.HTTP, host, path, source=source))
        elif name in _TIMEOUT_AT:
            has_timeout = _has_timeout(arguments, name)
            found.append(HttpCall(Sender.PG_NET, host, path, has_timeout, source=source))
    return found


def _has_timeout(arguments: list[str], name: str) -> bool:
    named = [match[1].lower() for match in map(_NAMED.match, arguments) if match]
    return _TIMEOUT in named or len(arguments) - len(named) > _TIMEOUT_AT[name]


def _url(text: SqlText, arguments: list[str], name: str) -> tuple[str | None, bool]:
    """Return the URL of a call as far as it is in the text, and whether that is all of it."""
    named = {m[1].lower(): m[2] for m in map(_NAMED.match, arguments) if m}
    given = next((named[each] for each in _URL_NAMES if each in named), None)
    if given is None and name == "http":  # ('POST', 'https://…', …)::http_request
        urls = (text.literals[int(n)] for each in arguments for n in re.findall(LITERAL, each))
        return next((url for url in urls if _URL.match(url)), None), True
    if given is None:
        given = arguments[0] if not _NAMED.match(arguments[0]) else ""
    if variable := _VARIABLE.match(given):
        given = _assigned(text, variable[1])
    return _joined(text, given)


def _assigned(text: SqlText, variable: str) -> str:
    """Return what a variable of a block is set to, if only one place sets it."""
    pattern = rf"(?i)\b{variable}\b(?:[\w\s]{{0,60}}?)(?::=|=|\bdefault\b)([^;]{{0,500}})"
    places = re.findall(pattern, text.code)
    return str(places[0]) if len(places) == 1 else ""


def _joined(text: SqlText, expression: str) -> tuple[str | None, bool]:
    """Return the literals with which an expression begins, and whether nothing else follows."""
    first = _FIRST.match(expression)
    if first is None:
        return None, False
    url, at = text.literals[int(first[1])], first.end()
    while more := _AND.match(expression, at):
        url, at = url + text.literals[int(more[1])], more.end()
    return url, not _MORE.match(expression, at)


def _literal(text: SqlText, expression: str) -> str | None:
    found = _FIRST.match(expression)
    return text.literals[int(found[1])] if found else None


def parse_url(url: str | None, complete: bool) -> tuple[str | None, str | None]:
    """Return host and path of a URL; None for what is not known where something follows it.

    >>> parse_url("https://me:pw@API.example.com:443/run?key=1", True)
    ('api.example.com', '/run')
    >>> parse_url("https://api.example.com/functions/", False), parse_url("https://api.", False)
    (('api.example.com', None), (None, None))
    """
    match = _URL.match(url or "")
    if match is None:
        return None, None
    rest = match["rest"]
    if rest[0] not in "/?#" if rest else not complete:
        return None, None
    port = match["port"] or ""
    host = match["host"].lower() + ("" if port in _DEFAULT_PORTS else port)
    path = re.split(r"[?#]", rest, maxsplit=1)[0].rstrip("/")
    return host, (path if complete or "?" in rest else None)
