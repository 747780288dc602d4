"""The test through the application's own functions, as its users meet them."""

from __future__ import annotations

import asyncio
import json
import secrets
import shlex
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bunkd_db.calling.answer import Answer
from bunkd_db.calling.client import Client, client
from bunkd_db.credential import Credential
from bunkd_db.errors import ConfigurationError, NotPossible
from bunkd_db.explain.facts import State
from bunkd_db.settings import Settings
from bunkd_db.smoke.left import Left, naming_what_stays
from bunkd_db.smoke.queue import holding, late
from bunkd_db.smoke.step import Kind, Smoked, Steps, Tell
from bunkd_db.status.causes import cause_of, causes

_TEXT = "Plain white soap, 100 g, without perfume (a test by bunkd-db, {})"
_ANSWER_SECONDS = 30.0
_LAST_LOOK_SECONDS = 1.0
_PAUSE_SECONDS = 0.25
_WAITING, _ACTIVE, _DONE, _FAILED = (
    ("queued", "pending"),
    ("processing", "running"),
    ("completed", "done"),
    ("failed",),
)


@dataclass(frozen=True)
class Application:
    """Where its functions are, and the public key that they are called with."""

    url: str
    key: Credential

    @classmethod
    def of(cls, settings: Settings) -> Application:
        """Take it from the settings.

        Raises:
            ConfigurationError: the url or the key is not set.
        """
        if settings.app_url is None:
            raise ConfigurationError(
                "the application's URL is not set", "Set SUPABASE_URL, or give --app-url."
            )
        if settings.anon_key is None:
            raise ConfigurationError(
                "the application's public key is not set",
                "Set BUNKD_ANON_KEY (or SUPABASE_ANON_KEY).",
            )
        return cls(settings.app_url.rstrip("/"), settings.anon_key)

    @property
    def cost(self) -> str:
        """What a test costs, in words."""
        return (
            f"This sends one product to {self.function('analyze_product')} and costs what a real"
            " analysis costs: one run of the job function, and what its providers charge for it."
        )

    def function(self, name: str) -> str:
        """Return the url of one of its functions."""
        return f"{self.url}/functions/v1/{name}"


def through_application(
    settings: Settings, application: Application, timeout: float, tell: Tell
) -> Smoked:
    """Ask for one analysis and follow it by `job_status` until it ends, or for `timeout` seconds.

    Raises:
        NotPossible: `analyze_product` took no job.
    """
    with naming_what_stays() as left:
        return asyncio.run(_run(settings, application, timeout, tell, left))


async def _run(
    settings: Settings, application: Application, timeout: float, tell: Tell, left: Left
) -> Smoked:
    steps, start, schedule = Steps(tell), time.monotonic(), settings.schedule_name
    async with client(application.key) as http:
        left.perhaps(
            "analyze_product may have made a test job",
            f"bunkd-db status --schedule {schedule}",
        )
        asked = await _analyze(http, application, schedule)
        job = str(asked["job_id"])
        left.job(job, schedule, is_sure=True)
        steps.add(Kind.QUEUED, time.monotonic() - start, f"job {job}, by analyze_product")
        names = {"job_id": job, "job_token": asked.get("job_token")}
        query = urlencode({name: value for name, value in names.items() if value})
        url = f"{application.function('job_status')}?{query}"
        last, error, state = "", "", None
        while True:
            rest = max(timeout - (time.monotonic() - start), _LAST_LOOK_SECONDS)
            answer = await http.ask("GET", url, None, min(rest, _ANSWER_SECONDS))
            found = _object(answer)
            passed = time.monotonic() - start
            state = _state(settings, str(found.get("status") or ""))
            last = (
                _told(answer, "job_status") if state is None else f"its status is {found['status']}"
            )
            if state is State.ACTIVE:
                steps.add(Kind.ACTIVE, passed)
            elif state is State.DONE:
                steps.add(Kind.DONE, passed)
                break
            elif state is State.FAILED:
                error = _error(found)
                steps.add(Kind.FAILED, passed, error)
                break
            if passed >= timeout:
                steps.add(Kind.TIMEOUT, passed)
                break
            await asyncio.sleep(_PAUSE_SECONDS)
    return _ended(settings, job, steps, last, error, timeout, known=state is not None)


async def _analyze(http: Client, application: Application, schedule: str) -> dict[str, Any]:
    data = {"text": _TEXT.format(secrets.token_hex(6)), "force_refresh": True}
    url = application.function("analyze_product")
    answer = await http.ask("POST", url, json.dumps(data), _ANSWER_SECONDS)
    found = _object(answer)
    if answer.status is None or answer.status >= 300:
        raise NotPossible(
            f"no test job was made: {_told(answer, 'analyze_product')}",
            "Check BUNKD_ANON_KEY."
            if answer.status in (401, 403)
            else "Check SUPABASE_URL, and that the function is deployed; its log says more.",
        )
    if not found.get("job_id") or found.get("cached") is True:
        raise NotPossible(
            "no test job was made: analyze_product answered from its cache or named no job",
            "Run the test by SQL:",
            f"bunkd-db smoke --through queue --schedule {schedule}",
        )
    return found


def _ended(
    settings: Settings,
    job: str,
    steps: Steps,
    last: str,
    error: str,
    timeout: float,
    *,
    known: bool,
) -> Smoked:
    why, code, remedy, commands = "", "", "", tuple[str, ...]()
    if steps.all[-1].kind is Kind.FAILED:
        cause = cause_of(error)
        usual = f" (usual cause: {causes()[cause].means})" if cause else ""
        why = f"the function marked the job as failed: {error or 'without an error'}{usual}"
        code, remedy = "FAILED", "Fix that in the function, and run the test again."
    elif steps.all[-1].kind is Kind.TIMEOUT:
        held = last
        if not known:
            remedy = "Read the log of job_status: it does not say where the job is."
        elif settings.database_url:
            held, code, remedy, commands = holding(settings, job, settings.schedule_name, last)
        else:
            remedy = "Set DATABASE_URL to learn what holds it:"
            commands = (f"bunkd-db explain {shlex.quote(job)}",)
        why = late(timeout, code, held)
    return Smoked(
        settings.schedule_name,
        job,
        "application",
        tuple(steps.all),
        why,
        code,
        remedy,
        commands,
    )


def _state(settings: Settings, status: str) -> State | None:
    own = settings.schedule
    for state, values in (
        (State.DONE, own.status_done or _DONE),
        (State.FAILED, own.status_failed or _FAILED),
        (State.ACTIVE, own.status_active or _ACTIVE),
        (State.WAITING, own.status_waiting or _WAITING),
    ):
        if status in values:
            return state
    return None


def _error(found: dict[str, Any]) -> str:
    for name in ("error_message", "last_error_message", "error"):
        if found.get(name):
            return " ".join(str(found[name]).split())[:200]
    return ""


def _told(answer: Answer, function: str) -> str:
    if answer.status is None:
        return f"{function} did not answer: {answer.error}"
    said = f": {answer.said}" if answer.said else ""
    return f"{function} answered {answer.status}{said}"


def _object(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
        json.dumps(found, ensure_ascii=False).encode()  # half a character is in no url
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
