-- who has locked objects of schema bunkd and is still open, and what ends it: any transaction that has called a
-- function of ours, also a prepared one, whose name is anybody's and must not look like a line of ours
select regexp_replace(
         concat(coalesce('the prepared transaction ' || quote_literal(h.gid), concat('pid ', h.pid)),
                ' of role ' || quote_ident(h.role::text),
                to_char(h.since at time zone 'UTC', '", in a transaction since" YYYY-MM-DD HH24:MI:SS "UTC"')),
         /* shared/unprintable */, '?', 'g') as who,
       case when h.gid ~ /* shared/unprintable */
         then 'select ''rollback prepared '' || quote_literal(gid) from pg_prepared_xacts where transaction = '
              || quote_literal(h.xact)
         else coalesce('rollback prepared ' || quote_literal(h.gid), concat('select pg_terminate_backend(', h.pid, ')'))
       end || ';' as ending
  from (select distinct l.pid, p.gid, p.transaction::text as xact, coalesce(a.usename, p.owner) as role,
               coalesce(a.xact_start, p.prepared) as since
          from pg_locks l
          join pg_namespace n on n.nspname = 'bunkd'
          left join pg_stat_activity a on a.pid = l.pid
          left join pg_locks x on l.pid is null and x.pid is null and x.locktype = 'transactionid'
                              and x.virtualtransaction = l.virtualtransaction
          left join pg_prepared_xacts p on p.transaction = x.transactionid
         where l.granted and l.pid is distinct from pg_backend_pid()
           and (l.pid is not null or p.gid is not null)
           and l.database = (select d.oid from pg_database d where d.datname = current_database())
           and case l.locktype
               when 'relation'
                 then exists (select from pg_class c where c.oid = l.relation and c.relnamespace = n.oid)
               when 'object' then l.classid = 'pg_namespace'::regclass and l.objid = n.oid
                 or l.classid = 'pg_proc'::regclass
                    and exists (select from pg_proc p where p.oid = l.objid and p.pronamespace = n.oid)
                 or l.classid = 'pg_type'::regclass
                    and exists (select from pg_type t where t.oid = l.objid and t.typnamespace = n.oid)
               else false end) as h
 order by h.since
 limit 3
