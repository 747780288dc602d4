create or replace function bunkd.remove_schedule(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_problem text;
  v_place text;
begin
  v_schedule := bunkd.lock_schedule(p_schedule);
  perform bunkd.lock_tick(p_schedule, p_wait => true);  -- no tick goes on beside it
  perform bunkd.unregister_job(p_schedule);
  for v_place in select c.place from bunkd.credential c where c.schedule = p_schedule loop
    perform bunkd.forget_secret(p_schedule, v_place);
  end loop;
  delete from bunkd.credential c where c.schedule = p_schedule;
  delete from bunkd.rotation r where r.schedule = p_schedule;
  delete from bunkd.message m where m.schedule = p_schedule;
  delete from bunkd.alert a where a.schedule = p_schedule;
  delete from bunkd.worker w where w.schedule = p_schedule;
  delete from bunkd.last_tick t where t.schedule = p_schedule;
  delete from bunkd.rescued_job r where r.schedule = p_schedule;
  delete from bunkd.call c where c.schedule = p_schedule;
  select coalesce((s.job_obstacle).detail, bunkd.detach_wake(p_schedule)) into v_problem
    from bunkd.schedule s where s.name = p_schedule;
  if v_problem is not null then
    raise exception '%', v_problem using errcode = 'object_not_in_prerequisite_state',
      hint = 'Nothing was removed. Run it again once that is settled.';
  end if;
  -- The queue is locked: no write dispatches any more. What writes have done meanwhile, and the rest.
  delete from bunkd.call c where c.schedule = p_schedule;
  delete from bunkd.slot s where s.schedule = p_schedule;
  delete from bunkd.wake w where w.schedule = p_schedule;
  perform bunkd.record_change(p_schedule, 'remove', bunkd.write_shown_settings(v_schedule));
  delete from bunkd.schedule s where s.name = p_schedule;
end
$$;

comment on function bunkd.remove_schedule(text) is
  'Removes a schedule with its cron jobs, wake, secrets and record of calls; only its changes stay in bunkd.history. '
  'Calls under way end by themselves. Nothing is removed where one of its objects cannot be.';
