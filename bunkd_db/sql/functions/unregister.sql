create or replace function bunkd.unregister(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_problem text;
begin
  if exists (select from pg_namespace n where n.nspname = 'cron' and has_schema_privilege(n.oid, 'usage'))
     and exists (select from pg_extension e where e.extname = 'pg_cron') then
    perform cron.unschedule(j.jobid) from cron.job j
      where j.jobname = 'bunkd:' || p_schedule and j.username = current_user;
  end if;
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  -- The wake costs every write, and serves nobody where there is no worker.
  if exists (select from bunkd.worker w where w.schedule = p_schedule and w.seen > clock_timestamp() - interval '1 day') then
    v_problem := bunkd.attach(v_schedule, bunkd.queue_shape(v_schedule));
  else
    v_problem := bunkd.detach(p_schedule);
  end if;
  insert into bunkd.last_tick as t (schedule, problem) values (p_schedule, v_problem)
  on conflict (schedule) do update set problem = excluded.problem;
  update bunkd.schedule set cron_schedule = null where name = p_schedule and cron_schedule is not null;
end
$$;

comment on function bunkd.unregister(text) is 'Removes a schedule''s cron job, and nobody else''s, and takes its wake off the queue, unless workers make the calls.';
