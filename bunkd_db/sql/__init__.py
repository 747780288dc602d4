"""The SQL files: objects that every upgrade to head restates, and named read-only queries."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import LiteralString

_HERE = Path(__file__).parent
_SHARED = re.compile(r"/\* (shared/\w+) \*/")
_COMMENT = re.compile(r"^comment on (?:function|procedure) ([^)]*\)) is", re.MULTILINE)


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
    found = sorted((_HERE / kind).rglob("*.sql"), key=lambda path: path.stem)
    return [path.relative_to(_HERE).with_suffix("").as_posix() for path in found]


def restated() -> str:
    """Return everything that can be replaced whole, in the order it depends on itself."""
    parts = [
        # the functions name each other: which file comes first must not matter
        "set local check_function_bodies = off;\n",
        *map(read, objects("functions")),
        *map(_restated_view, objects("views")),
        *map(read, objects("triggers")),
        read("comments"),
        _dropped_leftovers(),
    ]
    return "\n".join(parts)


def _dropped_leftovers() -> str:
    """Return what drops the functions that an earlier upgrade stated and no file names any more.

    Also former signatures of those that are named; never a function of a name that was not ours.
    """
    names = sorted(map(_stem, objects("functions")))
    stated = [
        signature for name in objects("functions") for signature in _COMMENT.findall(read(name))
    ]
    return f"""do $$
declare
  v_stated constant pg_catalog.oid[] := array(
    select pg_catalog.to_regprocedure(s.signature) from pg_catalog.unnest(array[{_literals(stated)}]) as s (signature));
  v_function pg_catalog.regprocedure;
begin
  insert into bunkd.stated (name) select n.name from pg_catalog.unnest(array[{_literals(names)}]) as n (name)
  on conflict do nothing;
  for v_function in
    select p.oid from pg_catalog.pg_proc p join bunkd.stated s on s.name = p.proname
     where p.pronamespace = 'bunkd'::pg_catalog.regnamespace and p.oid <> all (v_stated)
       and pg_catalog.pg_get_userbyid(p.proowner) = current_user
       -- on a table that is locked now: the next upgrade
       and not exists (select from pg_catalog.pg_trigger t where t.tgfoid = p.oid)
  loop
    execute pg_catalog.format('drop routine %s', v_function);
  end loop;
  delete from bunkd.stated s where s.name <> all (array[{_literals(names)}])
     and not exists (select from pg_catalog.pg_proc p
                      where p.pronamespace = 'bunkd'::pg_catalog.regnamespace and p.proname = s.name
                        and pg_catalog.pg_get_userbyid(p.proowner) = current_user);
end
$$;
"""  # noqa: S608 -- names and signatures are of this package's files


def _literals(texts: Iterable[str]) -> str:
    return ", ".join(f"'{text}'" for text in texts)


def _stem(name: str) -> str:
    return name.rpartition("/")[2]


def _restated_view(name: str) -> str:
    """Return what restates a view only where it differs: replacing it waits for all who read it."""
    statement, comment = read(name).split(";\n", 1)
    view = f"bunkd.{name.removeprefix('views/')}"
    start = f"create or replace view {view} as"
    if not statement.startswith(start):
        raise ValueError(f"{name} does not begin with {start}")
    query = statement.removeprefix(start)
    return f"""do $restate$
begin
  create view bunkd.as_stated as{query};
  if pg_catalog.pg_get_viewdef(pg_catalog.to_regclass('{view}')) is distinct from pg_catalog.pg_get_viewdef('bunkd.as_stated'::pg_catalog.regclass) then
    {start}{query};
  end if;
  drop view bunkd.as_stated;
end
$restate$;
{comment}"""


def guard(start: str | None) -> str:
    """Return the statement that stops an offline script in a database that is not at `start`."""
    return read("guard").replace("$START$", f"'{start}'" if start else "null")


def dropped_views() -> str:
    """Return the statements that drop our views, so that revisions can alter what they show.

    They change nothing where somebody else's object needs one, and name it.
    """
    return _unneeded() + _dropped_views()


def _dropped_views() -> str:
    names = ", ".join(f"bunkd.{name}" for name in map(_stem, objects("views")))
    return f"drop view if exists {names};\n"


def _unneeded(functions: Iterable[str] = (), *, tables: bool = False) -> str:
    """Return the statement that stops where others have built on what is dropped next."""
    return (
        read("dependents")
        .replace("$VIEWS$", _literals(map(_stem, objects("views"))))
        .replace("$FUNCTIONS$", _literals(functions))
        .replace("$TABLES$", str(tables).lower())
    )


_TRIGGER_FUNCTIONS = (
    "on_queue_write",
    "dispatch_at_commit",
    "record_schedule_change",
    "record_credential_change",
)


def switched_off(*, for_good: bool = False) -> str:
    """Return the statements that switch the schedules off and drop most of what is restated.

    Before anything else they stop where others have built on it, `for_good` also on our tables.
    """
    names = [_stem(name) for name in objects("functions")]
    dropped = _dropped_functions([name for name in names if name not in _TRIGGER_FUNCTIONS])
    return "\n".join(
        [_unneeded(names, tables=for_good), read("retract"), _dropped_views(), dropped]
    )


def taken_off() -> str:
    """Return the statements that take our triggers off all tables: last, for they lock the queue."""
    return "\n".join([read("take_off"), _dropped_functions(_TRIGGER_FUNCTIONS)])


def _dropped_functions(names: Iterable[str]) -> str:
    return f"""do $$
declare
  v_function regprocedure;
begin
  for v_function in
    select p.oid from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
     where n.nspname = 'bunkd' and p.proname in ({_literals(names)})
       and pg_catalog.pg_get_userbyid(p.proowner) = current_user
  loop
    execute pg_catalog.format('drop routine %s', v_function);
  end loop;
end
$$;
"""  # noqa: S608 -- the names are file names of this package
