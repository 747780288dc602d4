"""Find keys in the text of a job, and keep them out of everything that is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain

_SHOWN = "***"
_MOST = 100
_SHORTEST = 4  # what is shorter would be found in every word
_MOST_VALUES = 2000

# what is a key by its looks, wherever it stands; publishable ones are no secret
_BY_LOOKS = re.compile(
    r"eyJ[\w-]{10,}(?:\.[\w-]*){0,2}"
    r"|sb_secret_[\w-]+"
    r"|(?:sk|rk)[_-](?:live|test|proj|ant)[\w-]{8,}"
    r"|sk-[A-Za-z0-9]{16,}"
    r"|(?:gh[pousr]|github_pat|glpat|whsec|re|SG)[_.-][\w.-]{16,}"
    r"|xox[abprs]-[\w-]{8,}"
    r"|AIza[\w-]{20,}"
    r"|AKIA[A-Z0-9]{12,}"
)
_NAMES = (
    r"api[-_]?key|authorization|access[-_]?key|service[-_]?role[-_]?key|secret|token|passwd|password"
    r"|signature|x-[a-z0-9-]{0,20}key"
)
_BEARER = re.compile(r"\bbearer\s{1,5}([A-Za-z0-9._~+/=-]{6,})", re.IGNORECASE)
# 'Bearer ' || '…'
_BEARER_AND = re.compile(
    r"""\bbearer\s{0,5}['"]{1,2}\s{0,9}(?:\|\||,)\s{0,9}(?:\bE)?['"]{1,2}([^'"\\\s]{6,})['"]""",
    re.IGNORECASE,
)
# v_token text := '…'
_VARIABLE = re.compile(
    rf"""\b\w{{0,30}}?(?P<name>{_NAMES}|key)(?!\w{{0,20}}(?:name|id)\b)\w{{0,20}}"?(?:\s{{1,9}}\w{{1,20}}){{0,3}}"""
    r"""\s{0,9}(?::=|=>|\bdefault\b)\s{0,9}(?:\bE)?['"]{1,2}(?P<value>[^'"\\\s]{6,})['"]""",
    re.IGNORECASE,
)
# 'apikey', '…' in SQL, also within a literal, and "apikey": "…" in JSON
_NAMED = re.compile(
    rf"""['"]{{1,2}}[\w-]{{0,30}}?(?P<name>{_NAMES})[\w-]{{0,30}}['"]{{1,2}}"""
    r"""\s{0,9}(?::=|=>|,|:)\s{0,9}(?:\bE)?['"]{1,2}(?P<value>[^'"\\]{6,})['"]""",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"^\s*(?:bearer|basic|token|apikey)\b\s*", re.IGNORECASE)
_URL_USER = re.compile(r"https?://(?:[^/?#@\s'\":]{0,200}:)?([^/?#@\s'\"]{1,300})@", re.IGNORECASE)
# of a database and the like, where a name alone is no secret
_URL_PASSWORD = re.compile(
    r"\b(?!https?:)[a-z][a-z0-9+.-]{1,30}://[^/?#@\s'\":]{0,200}:([^/?#@\s'\"]{1,300})@",
    re.IGNORECASE,
)
_URL_NAMED = re.compile(
    rf"[?&][\w-]{{0,30}}?(?:{_NAMES}|key|sig|code|auth|pass)[\w-]{{0,10}}=([^&#\s'\"]{{4,}})",
    re.IGNORECASE,
)
_URL_PATH = re.compile(
    r"hooks\.slack\.com/(?:services|triggers|workflows)/([\w/-]{8,})"
    r"|discord(?:app)?\.com/api/webhooks/\d+/([\w-]{8,})"
    r"|api\.telegram\.org/bot([\w:-]{8,})",
    re.IGNORECASE,
)
# letters and digits, as a key is, and longer than a name of an object usually is
_LIKE_A_KEY = re.compile(r"(?=[\w.~+/=-]*\d)(?=[\w.~+/=-]*[A-Za-z])[\w.~+/=-]{20,}")
# a hole that something fills in when the job runs
_HOLE = re.compile(r"%[sLI\d]|\{\{|\$\{|<[^>]*>|\x00")


@dataclass(frozen=True)
class Key:
    """A key that was found; `place` says where, and its value never shows itself."""

    place: str
    in_url: bool
    value: str = field(repr=False)


def find_keys(text: str) -> list[Key]:
    """Return the keys in a text, those in comments too: who can read the text reads them."""
    found = [
        Key("the URL", True, next(value for value in match.groups() if value))
        for pattern in (_URL_USER, _URL_NAMED, _URL_PATH)
        for match in pattern.finditer(text)
    ]
    for bearer in (_BEARER, _BEARER_AND):
        found += [Key("an Authorization header", False, m[1]) for m in bearer.finditer(text)]
    for match in chain(_NAMED.finditer(text), _VARIABLE.finditer(text)):
        value = _SCHEME.sub("", match["value"]).strip()
        if len(value) >= 6 and (False, value) not in {(k.in_url, k.value) for k in found[:_MOST]}:
            found.append(Key(f"a value named {match['name'].lower()}", False, value))
    found = [key for key in found if not _HOLE.search(key.value)]
    known = "\n".join(key.value for key in found)
    found += [
        Key("a literal or a comment", False, match[0])
        for match in _BY_LOOKS.finditer(text)
        if match[0] not in known
    ]
    return [key for key in found if not key.value.startswith("sb_publishable_")]


class Mask:
    """Makes texts of others fit to be shown: without keys, in one line, without control characters."""

    def __init__(self, keys: Iterable[Key]) -> None:
        values = {key.value for key in keys if len(key.value) >= _SHORTEST}
        longest_first = sorted(values, key=len, reverse=True)[:_MOST_VALUES]
        # a host is in lower case
        either = "|".join(map(re.escape, longest_first)) or r"(?!)"
        self._values = re.compile(either, re.IGNORECASE)

    def line(self, text: str, longest: int = 200) -> str:
        """Return a text as it can be shown."""
        text = self._values.sub(_SHOWN, text)
        for pattern in (
            _URL_USER,
            _URL_PASSWORD,
            _URL_NAMED,
            _URL_PATH,
            _BEARER,
            _BY_LOOKS,
        ):
            text = pattern.sub(_masked, text)
        text = "".join(char if char.isprintable() else " " for char in text)
        text = " ".join(text.split())
        return text if len(text) <= longest else f"{text[: longest - 1]}…"

    def message(self, text: str) -> str:
        """Return the first line of a server's message, which may quote the command."""
        first, *_ = text.strip().splitlines() or [""]
        return self.line(_LIKE_A_KEY.sub(_SHOWN, self.line(first, 2000)))


def _masked(match: re.Match[str]) -> str:
    value = next((group for group in match.groups() if group), match[0])
    return match[0].replace(value, _SHOWN)
