"""What a database's plan can do: the facts, the checks on them, and the verdict."""

from __future__ import annotations

from bunkd_db import providers
from bunkd_db.capabilities import checks
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.gather import gather
from bunkd_db.capabilities.report import Report
from bunkd_db.capabilities.verdict import decide
from bunkd_db.external.option import ranked
from bunkd_db.external.registry import options
from bunkd_db.models import Check
from bunkd_db.providers import Found
from bunkd_db.settings import Settings


def examine(settings: Settings, *, probe: bool = False) -> Report:
    """Ask the database, read-only unless `probe` sends a call, and say what is true of it.

    Raises:
        ConfigurationError, DatabaseUnavailable: it could not be asked.
    """
    facts = gather(settings, providers.evidence())
    if not probe:
        return judge(facts)
    from bunkd_db.capabilities.probe import probe as send  # http and ssl take 20 ms to import

    return judge(facts, (send(settings, facts),))


def judge(facts: Facts, more: tuple[Check, ...] = ()) -> Report:
    """Turn facts into the report; `more` are checks that did something to know it."""
    provider = providers.detect(_found(facts))
    admins = providers.admin_roles()
    verdict, reasons = decide(facts, admins)
    return Report(
        facts=facts,
        provider=provider,
        verdict=verdict,
        reasons=reasons,
        checks=[*checks.run(Context(facts, provider, admins)), *more],
        options=ranked(options().values(), facts.wanted, provider.near),
    )


def _found(facts: Facts) -> Found:
    server = facts.server
    return Found(
        host=facts.host,
        build=server.build,
        settings=frozenset(n for n, value in facts.settings.items() if value) | facts.unreadable,
        roles=frozenset(role.name for role in facts.roles),
        marks=frozenset(
            mark for mark in ("aurora_function", "heroku_schema") if getattr(server, mark)
        ),
    )
