-- who has locked objects of schema bunkd and is still open: any transaction that has called a function of ours
select l.pid,
       concat('pid ', l.pid, ' of role ' || quote_ident(a.usename::text),
              to_char(a.xact_start at time zone 'UTC', '", in a transaction since" YYYY-MM-DD HH24:MI:SS "UTC"')) as who
  from pg_locks l
  join pg_namespace n on n.nspname = 'bunkd'
  left join pg_stat_activity a on a.pid = l.pid
 where l.granted and l.pid <> pg_backend_pid()
   and l.database = (select d.oid from pg_database d where d.datname = current_database())
   and case l.locktype
       when 'relation' then exists (select from pg_class c where c.oid = l.relation and c.relnamespace = n.oid)
       when 'object' then l.classid = 'pg_namespace'::regclass and l.objid = n.oid
         or l.classid = 'pg_proc'::regclass
            and exists (select from pg_proc p where p.oid = l.objid and p.pronamespace = n.oid)
         or l.classid = 'pg_type'::regclass
            and exists (select from pg_type t where t.oid = l.objid and t.typnamespace = n.oid)
       else false end
 group by l.pid, a.usename, a.xact_start
 order by a.xact_start
 limit 3
