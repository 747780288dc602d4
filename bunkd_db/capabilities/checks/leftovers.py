"""What the old hand-made recipe left: named by job, function or setting, never by value."""

from __future__ import annotations

from collections.abc import Iterator

from bunkd_db.capabilities.context import Context
from bunkd_db.models import Check

_ROTATE = "The key in it has been readable: rotate it."


def checks(context: Context) -> Iterator[Check]:
    """Yield the old recipe's remains."""
    yield _jobs(context)
    yield _functions(context)
    yield _keys(context)


def _jobs(context: Context) -> Check:
    old = [job for job in context.facts.jobs if job.old_recipe and job.active]
    if not old:
        return Check("old_job", "pass", "no cron job of an older recipe is active")
    names = ", ".join(f"{job.name or 'unnamed'} (id {job.id})" for job in old)
    off = " ".join(f"select cron.alter_job({job.id}, active := false);" for job in old)
    return Check(
        "old_job",
        "warn",
        f"an older recipe's cron job is active: {names}",
        f"bunkd-db upgrade switches off its own role's; as its owner: {off}",
        "OLD_JOB",
    )


def _functions(context: Context) -> Check:
    old = [function for function in context.facts.old_functions if not function.has_key]
    if not old:
        return Check("old_function", "pass", "there is no function of an older recipe")
    names = ", ".join(function.signature for function in old)
    if any(function.public and function.definer for function in old):
        detail = f"everybody may run the old recipe's function: {names}"
        return Check("old_function", "fail", detail, _drop(names), "OLD_FUNCTION")
    detail = f"the old recipe's function is still there: {names}"
    return Check("old_function", "warn", detail, _drop(names), "OLD_FUNCTION")


def _drop(names: str) -> str:
    return f"When no cron job uses it any more: drop function {names};"


def _keys(context: Context) -> Check:
    facts = context.facts
    places = [
        *(f"the command of cron job {j.name or j.id} (id {j.id})" for j in facts.jobs if j.has_key),
        *(f"the body of function {f.signature}" for f in facts.old_functions if f.has_key),
        *(
            f"setting {s.name} of "
            + (f"role {s.role}" if s.role else f"database {s.database}" if s.database else "all")
            for s in facts.kept_settings
        ),
    ]
    if not places:
        return Check("leaked_key", "pass", "no key was found in a job, a function or a setting")
    resets = [_reset(s.name, s.database, s.role) for s in facts.kept_settings]
    remedy = " ".join([*resets, "Remove it there." if len(resets) < len(places) else "", _ROTATE])
    return Check(
        "leaked_key",
        "fail",
        f"a key is kept in {'; in '.join(places)}",
        " ".join(remedy.split()),
        "LEAKED_KEY",
    )


def _reset(name: str, database: str | None, role: str | None) -> str:
    whose = f"role {role}" if role else f"database {database}"
    if role and database:
        whose += f" in database {database}"
    return f"alter {whose} reset {name};"
