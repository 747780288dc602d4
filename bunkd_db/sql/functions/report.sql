create or replace function bunkd.report(p_schedule text) returns jsonb
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
    'reason', v_schedule.mode_reason,
    'every', v_schedule.every,
    'cron_schedule', v_schedule.cron_schedule,
    'url', v_schedule.url,
    'fenced', v_schedule.system_identifier is not null and bunkd.fence(v_schedule) is not null,
    'paused', v_schedule.paused,
    'credential', bunkd.has_credential(p_schedule),
    'credential_store', (select c.store from bunkd.credential c where c.schedule = p_schedule),
    'queue', v_schedule.queue_table,
    'wake_problem', (select t.problem from bunkd.last_tick t where t.schedule = p_schedule),
    'queue_problem', (bunkd.queue_shape(v_schedule)).problem,
    'extensions', (select jsonb_object_agg(e.extname, e.extversion) from pg_extension e where e.extname in ('pg_cron', 'pg_net')),
    'retired', (select jsonb_agg(coalesce(r.job_name, 'job ' || r.job_id) order by r.job_id) from bunkd.retired_job r
                 where r.schedule = p_schedule and r.retired >= transaction_timestamp()));
  -- A copy can say native and have no pg_cron.
  if v_schedule.mode = 'native' and v_report -> 'extensions' ? 'pg_cron' then
    v_report := v_report || jsonb_build_object(
      'job', (select jsonb_build_object('id', j.jobid, 'name', j.jobname, 'active', j.active) from cron.job j
               where j.jobname = 'bunkd:' || p_schedule and j.username = current_user),
      'job_of', (select min(j.username) from cron.job j
                  where j.jobname = 'bunkd:' || p_schedule and j.username <> current_user and j.active),
      'jobs_hidden', row_security_active('cron.job'),
      'old_jobs', (select jsonb_agg(to_jsonb(o)) from bunkd.old_jobs(p_schedule) as o));
  end if;
  return v_report;
end
$$;

comment on function bunkd.report(text) is 'What is true of a schedule now, for the last lines of an upgrade.';
