"""What a hand-made recipe left: its function, and keys in jobs, functions and settings."""

from __future__ import annotations

from dataclasses import dataclass

from bunkd_db.capabilities.codes import Code
from bunkd_db.capabilities.context import Context
from bunkd_db.capabilities.finding import Finding, fail, ok, warn
from bunkd_db.capabilities.registry import check
from bunkd_db.capabilities.row import Row
from bunkd_db.capabilities.rows.job import Job


@dataclass(frozen=True)
class LegacyFunction(Row, query="leftover_functions", what="which functions a legacy job left"):
    """A function that a legacy job used, or one with a key in its body."""

    definer: bool
    public: bool
    has_key: bool
    signature: str


@dataclass(frozen=True)
class KeptSetting(Row, query="leftover_settings", what="which settings hold a key"):
    """A setting of a database or role that holds a key; only its name, and what takes it away."""

    name: str
    database: str | None
    role: str | None
    reset: str

    @property
    def whose(self) -> str:
        if self.role:
            return f"role {self.role}"
        return f"database {self.database}" if self.database else "all"


@check("legacy_function", order=720)
def legacy_function(context: Context) -> Finding:
    found = [each for each in context.facts.all(LegacyFunction) if not each.has_key]
    if not found:
        return ok("no legacy job left a function")
    names = ", ".join(each.signature for each in found)
    remedy = "When no cron job uses it any more:"
    drops = [f"drop function {each.signature};" for each in found]
    if any(each.public and each.definer for each in found):
        detail = f"everybody can run the function of a legacy job: {names}"
        return fail(Code.LEGACY_FUNCTION, detail, remedy, *drops)
    detail = f"the function of a legacy job is still there: {names}"
    return warn(Code.LEGACY_FUNCTION, detail, remedy, *drops)


@check("leaked_key", order=730)
def leaked_key(context: Context) -> Finding:
    facts = context.facts
    settings = facts.all(KeptSetting)
    places = [
        *(f"the command of cron job {j.title}" for j in facts.all(Job) if j.has_key),
        *(f"the body of function {f.signature}" for f in facts.all(LegacyFunction) if f.has_key),
    ]
    if not places and not settings:
        return ok("no key was found in a job, a function or a setting")
    remedy = "The key has been readable: rotate it."
    if places:
        remedy += " Remove it from where it is kept."
    if settings:
        remedy += " To remove it from the settings:"
    kept = [*places, *(f"setting {each.name} of {each.whose}" for each in settings)]
    return fail(
        Code.LEAKED_KEY,
        f"a key is kept in {'; in '.join(kept)}",
        remedy,
        *(each.reset for each in settings),
    )
