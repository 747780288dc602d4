-- functions that make an HTTP call or prune pg_cron's history, where a command has their name. Of an extension's own
-- nothing is to be learned.
select p.oid::bigint as id,
       n.nspname::text as schema,
       p.proname::text as name,
       p.oid::regprocedure::text as signature,
       left(b.body, 100000) as body
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
 cross join lateral (select case when p.prosqlbody is null then p.prosrc
                     else pg_get_function_sqlbody(p.oid) end as body) as b
 where n.nspname not in ('pg_catalog', 'information_schema', 'bunkd', 'net', 'cron')
   and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid
                   and d.deptype = 'e')
   and b.body ~* E'\\mhttp(_(get|post|put|patch|delete|head))?"?\\s*\\(|\\mjob_run_details\\M'
   and exists (select from cron.job j where strpos(lower(left(j.command, 100000)), lower(p.proname)) > 0)
 order by p.oid
 limit 100
