create or replace function bunkd.report_schedule(p_schedule text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_report jsonb;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  v_report := jsonb_build_object(
    'schedule', p_schedule,
    'mode', v_schedule.mode,
    'transport', v_schedule.transport_used,
    'lanes', v_schedule.lanes,
    'max_in_flight', v_schedule.max_in_flight,
    -- not every role may read it
    'max_running_jobs', case when bunkd.sends_by_lanes(v_schedule) and pg_has_role('pg_read_all_settings', 'usage')
                        then current_setting('cron.max_running_jobs', true) end,
    'reason', v_schedule.mode_reason,
    'every', v_schedule.every,
    'pace', bunkd.find_pace(v_schedule),
    -- before pg_cron 1.5 there is no such setting; not every role may read it
    'zone', case when v_schedule.every ~ E'\\s' then
              case when pg_has_role('pg_read_all_settings', 'usage')
                then coalesce(current_setting('cron.timezone', true), 'GMT')
                   else 'cron.timezone' end end,
    'url', v_schedule.url,
    'fenced', bunkd.fence(v_schedule) is not null,
    'fence', bunkd.fence(v_schedule),
    'fenced_others', (select jsonb_agg(jsonb_build_object('schedule', s.name, 'fence', bunkd.fence(s)) order by s.name)
                        from bunkd.schedule s where s.name <> p_schedule and not bunkd.is_paused(s)
                          and bunkd.fence(s) is not null),
    'paused', bunkd.is_paused(v_schedule),
    'in_use', not bunkd.is_retired(v_schedule),
    'job_obstacle', case when (v_schedule.job_obstacle).code is not null then to_jsonb(v_schedule.job_obstacle) end,
    'credential', bunkd.has_credential(p_schedule),
    'credential_store', (select c.store from bunkd.credential c
                          where c.schedule = p_schedule and c.place = 'current'),
    'queue', v_schedule.queue_table,
    'wake_problem', (select t.wake_problem from bunkd.last_tick t where t.schedule = p_schedule),
    'obstacles', (select jsonb_agg(to_jsonb(o)) from bunkd.find_obstacles(p_schedule) as o),
    'extensions', (select jsonb_object_agg(e.extname, e.extversion) from pg_extension e
                   where e.extname = 'pg_cron' or e.extname = 'http' and bunkd.sends_by_lanes(v_schedule)
                      or e.extname = 'pg_net' and bunkd.sends_by_net(v_schedule)),
    'retired', (select jsonb_agg(coalesce(r.job_name, 'job ' || r.job_id) order by r.job_id) from bunkd.retired_job r
                 where r.schedule = p_schedule and r.retired >= transaction_timestamp()));
  -- A copy can say native and have no pg_cron.
  if v_schedule.mode = 'native' and v_report -> 'extensions' ? 'pg_cron' then
    v_report := v_report || jsonb_build_object(
      'job', (select jsonb_build_object('id', j.jobid, 'name', j.jobname, 'active', j.active) from cron.job j
               where j.jobname = 'bunkd:' || p_schedule and j.username = current_user),
      'jobs_hidden', row_security_active('cron.job'),
      'legacy_jobs', (select jsonb_agg(to_jsonb(o)) from bunkd.find_legacy_jobs(p_schedule) as o));
  end if;
  return v_report;
end
$$;

comment on function bunkd.report_schedule(text) is 'What is true of a schedule now, for the last lines of an upgrade.';
