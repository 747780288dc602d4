select t.tgname::text as name, t.tgenabled::text as enabled
  from pg_trigger t
 where t.tgrelid = to_regclass(%(table)s) and t.tgfoid = to_regproc('bunkd.arm')
