"""What a database's plan can do: ask, evaluate, report."""

from __future__ import annotations

from bunkd_db import providers
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.facts import Facts
from bunkd_db.capabilities.gather import gather
from bunkd_db.capabilities.report import Report
from bunkd_db.capabilities.rows.role import Role
from bunkd_db.capabilities.run import run
from bunkd_db.capabilities.verdict import verdict_of
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
        return evaluate(facts)
    from bunkd_db.capabilities.probe import probe as send  # http and ssl take 20 ms to import

    sent = send(settings, facts)
    # the call itself may have changed what is true
    return evaluate(gather(settings, providers.evidence()), (sent,))


def evaluate(facts: Facts, more: tuple[Check, ...] = ()) -> Report:
    """Turn facts into the report; `more` are checks that did something to know it."""
    provider = providers.detect(_found(facts))
    outcome = run(Context(facts, provider, providers.admin_roles()))
    return Report(
        facts=facts,
        provider=provider,
        verdict=verdict_of(outcome.blocking),
        blocking=outcome.blocking,
        checks=[*outcome.checks, *more],
        transport=outcome.transport,
        transports=outcome.transports,
        options=ranked(options().values(), facts.wanted, provider.near),
    )


def _found(facts: Facts) -> Found:
    server = facts.server
    marks = {
        "aurora_function": server.aurora_function,
        "heroku_schema": server.heroku_schema,
    }
    return Found(
        host=facts.host,
        build=server.build,
        settings=frozenset(n for n, value in facts.settings.items() if value) | facts.unreadable,
        roles=frozenset(role.name for role in facts.seen(Role)),
        marks=frozenset(mark for mark, there in marks.items() if there),
    )
