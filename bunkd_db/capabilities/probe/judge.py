"""What is to be done about a probe's answer."""

from __future__ import annotations

from urllib.parse import urlsplit

from bunkd_db.capabilities import rejected
from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.probe.heard import Heard
from bunkd_db.models import Check
from bunkd_db.sql.statements import set_credential

_REMEDIES: dict[str, tuple[Code, str, str, *tuple[str, ...]]] = {
    "dns": (Code.DNS, "its name cannot be resolved", "Correct the host in BUNKD_CALL_URL."),
    "refused": (
        Code.REFUSED,
        "nobody accepts the connection",
        "Start the function's server, or correct host and port in BUNKD_CALL_URL.",
    ),
    "tls": (Code.TLS, "TLS fails", "Use a certificate that is valid for this host."),
    "timeout": (
        Code.TIMEOUT,
        "no answer came in time",
        "Answer early in the function, or raise BUNKD_CALL_TIMEOUT.",
    ),
    "network": (Code.NETWORK, "the connection broke", "Look at the function's log."),
    "unsent": (
        Code.NET_DEAD,
        "pg_net did not send the call",
        "Look at the check pg_net_worker, and start the worker again:",
        "select net.worker_restart();",
    ),
    "not taken": (
        Code.LANES_OFF,
        "no lane took the call",
        "Find out why no lane runs:",
        "bunkd-db check --schedule {}",
    ),
}


def judge(answer: Heard, url: str, kind: str, schedule: str) -> Check:
    """Return the check for an answer of the function at `url` to a credential of this kind."""
    host = urlsplit(url).hostname or url
    if elsewhere := _elsewhere(answer, url):
        return _fail(
            Code.REDIRECTED,
            f"{host} redirects to another host, {elsewhere}",
            "Set BUNKD_CALL_URL to where the function really is: a redirect loses the credential,"
            " or hands it to somebody else.",
        )
    if answer.failure:
        code, what, remedy, *commands = _REMEDIES[answer.failure]
        said = f" ({answer.text})" if answer.text else ""
        filled = (command.format(schedule) for command in commands)
        return _fail(code, f"{host}: {what}{said}", remedy, *filled)
    said = f": {answer.text}" if answer.text else ""
    heard = f"{host} answered {answer.status} to {answer.sender} in {answer.seconds:.1f} s{said}"
    match answer.outcome:
        case "ok" | "empty":
            return Check("probe", "pass", heard)
        case "job_failed":
            remedy = "The function works; read the job's error in the queue."
            return Check("probe", "warn", heard, remedy, Code.JOB_FAILED)
        case "rejected":
            remedy = rejected.remedy(answer.status or 401, kind, url)
            return _fail(Code.REJECTED, heard, remedy, set_credential(schedule))
    if answer.status == 404:
        return _fail(Code.NOT_DEPLOYED, heard, "Deploy the function, or correct BUNKD_CALL_URL.")
    return _fail(Code.HTTP_ERROR, heard, "Look at the function's log.")


def _elsewhere(answer: Heard, url: str) -> str:
    target = urlsplit(answer.redirect)
    ours = urlsplit(url)
    # another port is another server, but http to https of one host is not another host
    if not target.hostname or target.hostname == ours.hostname:
        return ""
    return target.hostname


def _fail(code: Code, detail: str, remedy: str, *commands: str) -> Check:
    return Check("probe", "fail", detail, remedy, code, commands)
