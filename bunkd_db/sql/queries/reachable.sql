-- what a stranger with the public API key could call
select n.nspname::text as schema,
       r.rolname::text as role,
       exists (select from pg_proc p where p.pronamespace = n.oid
               and has_function_privilege(r.oid, p.oid, 'execute')) as executes
  from pg_namespace n
  join pg_roles r on r.rolname in ('anon', 'authenticated')
 where n.nspname in ('bunkd', 'net') and has_schema_privilege(r.oid, n.oid, 'usage')
