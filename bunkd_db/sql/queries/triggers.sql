-- the writes to the queue that wake a schedule
select e.name
  from (values ('insert', 4), ('update', 16)) as e (name, bit)
 where exists (
   select from pg_trigger t
     join pg_proc p on p.oid = t.tgfoid
     join pg_namespace n on n.nspname = 'bunkd' and n.nspowner = p.proowner
    where t.tgrelid = to_regclass(%(table)s) and t.tgenabled in ('O', 'A')
      and (p.pronamespace = n.oid and p.proname = 'on_queue_write' or p.proname = 'bunkd_on_queue_write')
      and right(t.tgname, length(%(schedule)s) + 1) = '_' || %(schedule)s and t.tgtype & e.bit <> 0)
