do $$
begin
  -- first: ticks and workers begin with it, and hold nothing else then that this may want
  if pg_catalog.to_regclass('bunkd.last_tick') is not null then
    lock table bunkd.last_tick in access exclusive mode;
  end if;
end
$$;
do $$
declare
  v_trigger record;
begin
  for v_trigger in
    select t.tgname, t.tgrelid::pg_catalog.regclass as relation
      from pg_catalog.pg_trigger t
      join pg_catalog.pg_proc p on p.oid = t.tgfoid
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace and n.nspname = 'bunkd'
      join pg_catalog.pg_class c on c.oid = t.tgrelid and c.relkind in ('r', 'p')
     where not t.tgisinternal and t.tgparentid = 0
  loop
    begin
      execute pg_catalog.format('drop trigger %I on %s', v_trigger.tgname, v_trigger.relation);
    exception when insufficient_privilege then
      raise exception 'role % may not take the wake off %: %', current_user, v_trigger.relation, sqlerrm
        using errcode = 'insufficient_privilege',
              hint = pg_catalog.format('As its owner: drop trigger %I on %s;', v_trigger.tgname, v_trigger.relation);
    end;
  end loop;
end
$$;
-- The scheduler goes off before its functions go, or the cron job would fail at every tick.
do $$
begin
  if pg_catalog.to_regclass('bunkd.schedule') is null
     or not exists (select from pg_catalog.pg_extension e where e.extname = 'pg_cron')
     or not pg_catalog.has_schema_privilege('cron', 'usage') then
    return;
  end if;
  perform cron.unschedule(j.jobid) from cron.job j join bunkd.schedule s on j.jobname = 'bunkd:' || s.name
    where j.username = current_user;
  update bunkd.schedule set cron_schedule = null where cron_schedule is not null;
  if not exists (select from bunkd.retired_job) then
    return;  -- the role may have no right to alter jobs, and needs none
  end if;
  perform cron.alter_job(job_id := j.jobid, active := true) from cron.job j join bunkd.retired_job r on r.job_id = j.jobid
    where j.jobname is not distinct from r.job_name and j.username = current_user;
  delete from bunkd.retired_job where true;
end
$$;
