-- the login roles that could make a foreign key to the queue, though nobody trusts them; the platform's own roles are
-- its operator's
select r.rolname::text as name,
       format('revoke references on %%s from public, %%I;', q.oid::regclass, r.rolname) as revoke
  from pg_class q
  join pg_roles i on i.rolname = %(installer)s
  join pg_roles r on r.rolcanlogin and not r.rolsuper and r.oid <> q.relowner
   and r.rolname !~ '^(supabase_.*|authenticator|pgbouncer)$'
   and not pg_has_role(r.oid, i.oid, /* shared/can_become */) and r.rolname is distinct from %(queue_owner)s::text
 where q.oid = to_regclass(%(table)s) and q.relkind in ('r', 'p')
   and has_schema_privilege(r.oid, q.relnamespace, 'usage')
   and has_any_column_privilege(r.oid, q.oid, 'references')
   -- the other table has to be somewhere
   and (has_database_privilege(r.oid, current_database(), 'create')
     or exists (select from pg_namespace n where n.nspname !~ '^pg_' and has_schema_privilege(r.oid, n.oid, 'create')))
 order by r.rolname
