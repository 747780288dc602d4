create or replace function bunkd.find_job_obstacles(p_schedule bunkd.schedule, out code text, out detail text, out remedy text)
returns setof record
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name constant text := 'bunkd:' || p_schedule.name;
  v_table regclass;
  v_job record;
  v_other record;
  v_problem record;
begin
  v_table := bunkd.find_relation('pg_cron', 'cron', 'job');
  if v_table is null then
    return query select 'EXTENSION_GONE', 'the extension pg_cron is gone', 'Enable it again: bunkd-db upgrade';
    return;
  end if;
  if not exists (select from /* shared/workers */ as w where w.name = 'pg_cron scheduler') then
    return query select 'CRON_DEAD', 'pg_cron''s scheduler is not running', 'Restart the server. Its log says why the scheduler stopped.';
  end if;
  begin
    if current_setting('cron.launch_active_jobs', true) = 'off' then
      return query select 'JOBS_OFF', 'pg_cron is configured to run no jobs', 'Set cron.launch_active_jobs to on and reload the configuration.';
    end if;
  exception when insufficient_privilege then
    null;  -- then the ticks that stay away tell
  end;
  if not (has_schema_privilege('cron', 'usage') and has_table_privilege(v_table, 'select')) then
    return query select o.* from bunkd.find_tick_obstacles(p_schedule, null) as o;  -- the job itself cannot be seen
    return;
  end if;

  select j.jobid, j.jobname, j.username into v_other from cron.job j
   where not exists (select from pg_roles r where r.rolname = j.username) order by j.jobid limit 1;
  if found then
    return query select 'JOB_ROLE_GONE',
      format('cron job %s belongs to role %s, which does not exist: that stops pg_cron''s scheduler', v_other.jobid, v_other.username),
      format('As a superuser: select cron.unschedule(%s);', v_other.jobid);
  end if;
  for v_problem in
    select o.* from pg_roles r join pg_database d on d.datname = current_database() cross join lateral /* shared/job_obstacles */
     where r.rolname = current_user and o.there order by o.rank
  loop
    return query select 'JOB_ROLE', v_problem.problem, 'As an administrator: ' || v_problem.remedy;
  end loop;
  select j.jobid, j.username into v_other
    from cron.job j join pg_roles r on r.rolname = j.username cross join (select p_schedule.name) as s
   where j.username <> current_user and /* shared/ticks_too */ order by j.jobid limit 1;
  select j.* into v_job from cron.job j where j.jobname = v_name and j.username = current_user;
  if v_job.jobid is null and v_other.jobid is not null then
    return query select 'JOB_OF_ANOTHER', format('cron job %s belongs to role %I, but the schedule to role %I', v_name, v_other.username, current_user),
      format('As role %I or a superuser: select cron.unschedule(%s); Then run: bunkd-db upgrade', v_other.username, v_other.jobid);
  elsif v_job.jobid is null and p_schedule.job_problem is not null then
    return query select 'JOB_REFUSED', format('cron job %s could not be registered: %s', v_name, p_schedule.job_problem),
      'Fix what the message names, then run: bunkd-db upgrade';
  elsif v_job.jobid is null and (p_schedule.url is null or not bunkd.has_credential(p_schedule.name)) then
    return;  -- that is why, and bunkd.find_credential_obstacles says it
  elsif v_job.jobid is null then
    return query select 'JOB_MISSING', format('role %I has no cron job %s', current_user, v_name), 'Run: bunkd-db upgrade';
  elsif v_other.jobid is not null then
    return query select 'JOB_DOUBLED', format('cron job %s is also registered for role %I', v_name, v_other.username),
      format('As that role or a superuser: select cron.unschedule(%s);', v_other.jobid);
  end if;
  if v_job.jobid is null then
    return;
  elsif not v_job.active then
    return query select 'JOB_INACTIVE', format('cron job %s was switched off', v_name),
      format('To switch it on: select cron.alter_job(%s, active := true);', v_job.jobid);
    return;  -- no tick is due
  end if;
  if v_job.schedule is distinct from p_schedule.cron_schedule or v_job.database <> current_database()
     or p_schedule.cron_schedule not in (bunkd.write_cron_schedule(p_schedule.every, p_seconds => true), bunkd.write_cron_schedule(p_schedule.every, p_seconds => false))
     or v_job.command <> bunkd.write_cron_command(p_schedule.name) or v_job.nodeport <> current_setting('port')::integer
     or (case when pg_has_role('pg_read_all_settings', 'usage') then v_job.nodename <> current_setting('cron.host', true) end) then
    return query select 'JOB_DRIFTED', format('cron job %s differs from what the schedule says', v_name), 'Run: bunkd-db upgrade';
  end if;
  return query select o.* from bunkd.find_tick_obstacles(p_schedule, v_job.jobid) as o;
end
$$;

comment on function bunkd.find_job_obstacles(bunkd.schedule) is
  'For bunkd.find_obstacles: whether pg_cron runs, has our job as it has to be, and ran it.';
