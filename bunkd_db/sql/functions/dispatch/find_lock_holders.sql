create or replace function bunkd.find_lock_holders(p_relation regclass, p_xid xid default null, out names text,
                                                   out oldest timestamptz, out ending text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  select string_agg(case when h.gid is not null then format('the prepared transaction %L', h.gid)
                    else concat('pid ', h.pid) end
                    || coalesce(' of role ' || quote_ident(h.role), '')
                    || coalesce(to_char(h.since at time zone 'UTC', '", since" YYYY-MM-DD HH24:MI:SS "UTC"'), ''),
                    '; ' order by h.since),
         case when count(*) = 1 then min(h.since) end,
         (array_agg(case when h.gid is not null then format('rollback prepared %L;', h.gid)
                         when h.pid is not null then format('select pg_terminate_backend(%s);', h.pid) end
                    order by h.since))[1]
    into names, oldest, ending
    from (select distinct l.pid, p.gid, coalesce(a.usename, p.owner) as role,
                          coalesce(a.xact_start, p.prepared) as since
            from pg_locks l
            left join pg_stat_activity a on a.pid = l.pid
            left join pg_locks x on l.pid is null and x.pid is null and x.locktype = 'transactionid'
                                and x.virtualtransaction = l.virtualtransaction
            left join pg_prepared_xacts p on p.transaction = x.transactionid
           where l.locktype = 'relation' and l.relation = p_relation and l.granted
             -- who only reads, or vacuums, locks no row
             and l.mode not in ('AccessShareLock', 'ShareUpdateExclusiveLock')
             and l.database = (select d.oid from pg_database d where d.datname = current_database())
             and l.pid is distinct from pg_backend_pid()
             and (p_xid is null or exists (select from pg_locks y where y.locktype = 'transactionid'
                                           and y.transactionid = p_xid and y.granted
                                              and y.virtualtransaction = l.virtualtransaction))
             -- who waits for a row has the lock on its place
             and not exists (select from pg_locks w where w.locktype = 'tuple' and w.relation = l.relation
                             and w.database = l.database and w.pid = l.pid)
           order by since limit 3) as h;
  if names is null and p_xid is not null then  -- locked within another transaction, which no list of locks tells
    select h.names, h.oldest, h.ending into names, oldest, ending from bunkd.find_lock_holders(p_relation) as h;
  end if;
end
$$;

comment on function bunkd.find_lock_holders(regclass, xid) is
  'Who has locked or written rows of a table and is still open, three at most, as far as this role may see it; since '
  'when where it is only one; and the statement that ends the oldest. p_xid: only this transaction where the locks '
  'tell it; one within another they do not, and then all are meant.';
