-- the writes to the queue that wake a schedule
select e.name
  from (values ('insert', 4), ('update', 16)) as e (name, bit)
 where exists (
   select from pg_trigger t
    where t.tgrelid = to_regclass(%(table)s) and t.tgfoid = to_regproc('bunkd.on_queue_write')
      and t.tgenabled in ('O', 'A')
      and right(t.tgname, length(%(schedule)s) + 1) = '_' || %(schedule)s and t.tgtype & e.bit <> 0)
