select c.oid::regclass::text as name, l.mode,
       (select e.extname::text from pg_depend d join pg_extension e on e.oid = d.refobjid
         where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e' limit 1) as extension
  from pg_locks l
  join pg_class c on c.oid = l.relation
  join pg_namespace n on n.oid = c.relnamespace
 where l.pid = pg_backend_pid() and l.locktype = 'relation' and l.granted
   and l.database in (0, (select d.oid from pg_database d where d.datname = current_database()))
   and c.relkind in ('r', 'p', 'v', 'm', 'f')
   and n.nspname <> 'bunkd' and n.nspname !~ '^(pg_|information_schema$)'
