"""The SQL files: objects that every upgrade to head restates, and named read-only queries."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import LiteralString

_HERE = Path(__file__).parent
_SHARED = re.compile(r"/\* (shared/\w+) \*/")


@cache
def read(name: str) -> LiteralString:
    """Return a file below this folder, by its path without `.sql`, with what it shares with others.

    >>> read("queries/server").startswith("select")
    True
    """
    # safe to call literal: the text is a file of this package, no input is in it
    text = (_HERE / f"{name}.sql").read_text(encoding="utf-8")
    return _SHARED.sub(lambda found: read(found[1]).rstrip(), text)


def objects(kind: str) -> list[str]:
    """Return the paths of the `functions`, `views` or `triggers`, each named after its object."""
    return [f"{kind}/{path.stem}" for path in sorted((_HERE / kind).glob("*.sql"))]


def restated() -> str:
    """Return everything that can be replaced whole, in the order it depends on itself."""
    names = [name for kind in ("functions", "views", "triggers") for name in objects(kind)]
    # the functions name each other: which file comes first must not matter
    return "\n".join(["set local check_function_bodies = off;\n", *map(read, names)])


def guard(start: str | None) -> str:
    """Return the statement that stops an offline script in a database that is not at `start`."""
    return read("guard").replace("$START$", f"'{start}'" if start else "null")


def dropped_views() -> str:
    """Return the statement that drops our views, so that revisions can alter what they show."""
    names = ", ".join(f"bunkd.{name.removeprefix('views/')}" for name in objects("views"))
    return f"drop view if exists {names};\n"


def retracted() -> str:
    """Return the statements that switch the schedules off and drop everything restated."""
    names = ", ".join(f"'{name.removeprefix('functions/')}'" for name in objects("functions"))
    drop = f"""do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname = 'bunkd' and p.proname in ({names})
  loop
    execute pg_catalog.format('drop function %s', v_function);
  end loop;
end
$$;
"""  # noqa: S608 -- the names are file names of this package
    return "\n".join([read("retract"), dropped_views(), drop])
