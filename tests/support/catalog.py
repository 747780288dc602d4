"""What is in a database, as sorted lines of text that two installations can be compared by."""

from tests.support.server import Connection

# The rows of our own tables are data; everything else that an installation leaves is here.
OBJECTS = """
with n as (
  select s.oid, s.nspname from pg_namespace s
   where s.nspname !~ '^(pg_|information_schema$)' and s.nspname ~ %(schemas)s
     and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass
                        and d.objid = s.oid and d.deptype = 'e')
), ours as (
  select c.* from pg_class c join n on n.oid = c.relnamespace
   where not exists (select from pg_depend d
                      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
)
select concat_ws(' | ', 'schema', s.nspname, s.nspowner::regrole,
                 array(select unnest(coalesce(s.nspacl, acldefault('n', s.nspowner)))::text order by 1)::text,
                 obj_description(s.oid, 'pg_namespace'))
  from pg_namespace s join n using (oid)
union all
select concat_ws(' | ', 'relation', c.oid::regclass, c.relkind, c.relpersistence,
                 c.relowner::regrole, array(select unnest(coalesce(c.relacl, acldefault(
                   case when c.relkind = 'S' then 's' else 'r' end::"char", c.relowner)))::text order by 1)::text,
                 c.reloptions::text, obj_description(c.oid, 'pg_class'),
                 case when c.relkind = 'v' then pg_get_viewdef(c.oid) end,
                 case when c.relkind = 'i' then pg_get_indexdef(c.oid) end)
  from ours c where c.relkind <> 't'
union all
select concat_ws(' | ', 'column', c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
                 a.attnotnull, a.attidentity, nullif(a.attacl::text, '{}'), pg_get_expr(d.adbin, d.adrelid),
                 col_description(c.oid, a.attnum))
  from ours c
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
 where c.relkind in ('r', 'p', 'v', 'm')
union all
select concat_ws(' | ', 'constraint', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
  from pg_constraint k join ours c on c.oid = k.conrelid
union all
select concat_ws(' | ', 'trigger', t.tgrelid::regclass, t.tgname, t.tgenabled,
                 pg_get_triggerdef(t.oid), obj_description(t.oid, 'pg_trigger'))
  from pg_trigger t join ours c on c.oid = t.tgrelid where not t.tgisinternal
union all
select concat_ws(' | ', 'function', p.oid::regprocedure, p.proowner::regrole,
                 array(select unnest(coalesce(p.proacl, acldefault('f', p.proowner)))::text order by 1)::text,
                 pg_get_functiondef(p.oid), obj_description(p.oid, 'pg_proc'))
  from pg_proc p join n on n.oid = p.pronamespace
 where p.prokind <> 'a'
   and not exists (select from pg_depend d
                    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
order by 1
"""
ELSEWHERE = """
select concat_ws(' | ', 'default privileges', d.defaclrole::regrole, d.defaclnamespace::regnamespace,
                 d.defaclobjtype, d.defaclacl::text) from pg_default_acl d
 where not exists (select from pg_depend e where e.classid = 'pg_namespace'::regclass
                      and e.objid = d.defaclnamespace and e.deptype = 'e')
union all
select concat_ws(' | ', 'setting', setdatabase, setrole, setconfig::text) from pg_db_role_setting
union all
select concat_ws(' | ', 'role', rolname, rolconfig::text) from pg_roles
order by 1
"""
JOBS = """
select concat_ws(' | ', 'cron job', jobname, schedule, command, username, active)
  from cron.job order by 1
"""
SECRETS = "select concat_ws(' | ', 'secret', name, description) from vault.secrets order by 1"


def snapshot(connection: Connection, schemas: str = ".") -> list[str]:
    """Every object with its definition, owner, privileges and comment; cron jobs and secrets too.

    `schemas` is a regular expression for the schemas to look into. Extensions' own objects are
    left out: they stay where they are.
    """
    lines = _lines(connection, OBJECTS, {"schemas": schemas}) + _lines(connection, ELSEWHERE)
    for table, query in (("cron.job", JOBS), ("vault.secrets", SECRETS)):
        if _exists(connection, table):
            lines += _lines(connection, query)
    return lines


def extensions(connection: Connection) -> list[str]:
    """The installed extensions with their schemas and versions."""
    return _lines(
        connection,
        "select concat_ws(' ', extname, extversion, extnamespace::regnamespace)"
        " from pg_extension order by 1",
    )


def _lines(connection: Connection, query: str, values: dict[str, str] | None = None) -> list[str]:
    return [str(line) for (line,) in connection.execute(query.encode(), values)]


def _exists(connection: Connection, table: str) -> bool:
    return connection.execute("select to_regclass(%s)", [table]).fetchone() != (None,)
