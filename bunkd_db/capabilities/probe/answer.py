"""How a call ended, told apart, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from bunkd_db.models import Check

Failure = Literal["dns", "refused", "tls", "timeout", "network", "unsent"]


@dataclass(frozen=True)
class Answer:
    """What came back.

    Attributes:
        sender: who sent the call, in words.
        seconds: until the answer was there.
        failure: why there was no answer; None where there was one.
        status: the HTTP status; None where there was no answer.
        text: the answer's message, or the error's.
        job_failed: the function ran and says that its job failed.
        redirect: where it sends callers who should go elsewhere, else empty.
    """

    sender: str
    seconds: float
    failure: Failure | None = None
    status: int | None = None
    text: str = ""
    job_failed: bool = False
    redirect: str = ""


def kind_of(message: str) -> Failure:
    """Tell libcurl's and Python's errors apart by their words.

    >>> kind_of("Couldn't resolve host name"), kind_of("Couldn't connect to server")
    ('dns', 'refused')
    """
    for pattern, kind in _KINDS:
        if re.search(pattern, message, re.IGNORECASE):
            return kind
    return "network"


_KINDS: tuple[tuple[str, Failure], ...] = (
    (r"timeout|timed out", "timeout"),
    (r"resolve|name or service|getaddrinfo", "dns"),
    (r"ssl|tls|certificate", "tls"),
    (r"connect to|connection refused|refused", "refused"),
)
_REMEDIES: dict[str, tuple[str, str, str]] = {
    "dns": ("DNS", "its name cannot be resolved", "Correct the host in BUNKD_CALL_URL."),
    "refused": (
        "REFUSED",
        "nobody accepts the connection",
        "Start the function's server, or correct host and port in BUNKD_CALL_URL.",
    ),
    "tls": ("TLS", "TLS fails", "Use a certificate that is valid for this host."),
    "timeout": (
        "TIMEOUT",
        "no answer came in time",
        "Answer early in the function, or raise BUNKD_CALL_TIMEOUT.",
    ),
    "network": ("NETWORK", "the connection broke", "Look at the function's log."),
    "unsent": (
        "NET_DEAD",
        "pg_net did not send the call",
        "Run: select net.worker_restart(); and look at the check pg_net_worker.",
    ),
}


def judge(answer: Answer, url: str) -> Check:
    """Return the check for an answer of the function at `url`."""
    host = urlsplit(url).hostname or url
    if elsewhere := _elsewhere(answer, url):
        return _fail(
            "REDIRECTED",
            f"{host} redirects to another host, {elsewhere}",
            "Set BUNKD_CALL_URL to where the function really is: a redirect loses the credential,"
            " or hands it to somebody else.",
        )
    if answer.failure:
        code, what, remedy = _REMEDIES[answer.failure]
        said = f" ({answer.text})" if answer.text else ""
        return _fail(code, f"{host}: {what}{said}", remedy)
    said = f": {answer.text}" if answer.text else ""
    heard = f"{host} answered {answer.status} to {answer.sender} in {answer.seconds:.1f} s{said}"
    match answer.status:
        case 401 | 403:
            return _fail(
                "REJECTED", heard, "Set the credential that it accepts: bunkd-db credential set"
            )
        case 404:
            remedy = "Deploy the function, or correct BUNKD_CALL_URL."
            return _fail("NOT_DEPLOYED", heard, remedy)
        case status if status is not None and 200 <= status < 300:
            return Check("probe", "pass", heard)
    if answer.job_failed:
        remedy = "The function works; read the job's error in the queue."
        return Check("probe", "warn", heard, remedy, "JOB_FAILED")
    return _fail("HTTP_ERROR", heard, "Look at the function's log.")


def _elsewhere(answer: Answer, url: str) -> str:
    target = urlsplit(answer.redirect)
    ours = urlsplit(url)
    # another port is another server, but http to https of one host is not another host
    if not target.hostname or target.hostname == ours.hostname:
        return ""
    return target.hostname


def _fail(code: str, detail: str, remedy: str) -> Check:
    return Check("probe", "fail", detail, remedy, code)
