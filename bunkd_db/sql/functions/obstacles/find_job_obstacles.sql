create or replace function bunkd.find_job_obstacles(p_schedule bunkd.schedule)
returns setof bunkd.obstacle
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
    return next row('EXTENSION_GONE', 'the extension pg_cron is gone',
      'Enable the extension again:', array['bunkd-db upgrade'])::bunkd.obstacle;
    return;
  end if;
  if not exists (select from /* shared/workers */ as w where w.name = 'pg_cron scheduler') then
    return next row('CRON_DEAD', 'pg_cron''s scheduler is not running',
      'Restart the server. Its log says why the scheduler stopped.', '{}')::bunkd.obstacle;
  end if;
  begin
    if current_setting('cron.launch_active_jobs', true) = 'off' then
      return next row('JOBS_OFF', 'pg_cron is configured to run no jobs',
        'Set cron.launch_active_jobs to on and reload the configuration.', '{}')::bunkd.obstacle;
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
    return next row('JOB_ROLE_GONE',
      format('cron job %s belongs to role %s, which does not exist: that stops pg_cron''s scheduler', v_other.jobid,
             v_other.username),
      'Remove that job, as a superuser:', array[format('select cron.unschedule(%s);', v_other.jobid)])::bunkd.obstacle;
  end if;
  for v_problem in
    select o.* from pg_roles r join pg_database d on d.datname = current_database()
      cross join lateral /* shared/job_obstacles */
     where r.rolname = current_user and o.there order by o.rank
  loop
    return next row('JOB_ROLE', v_problem.detail, v_problem.remedy, v_problem.commands)::bunkd.obstacle;
  end loop;
  select j.jobid, j.username into v_other
    from cron.job j join pg_roles r on r.rolname = j.username cross join (select p_schedule.name) as s
   where j.username <> current_user and /* shared/ticks_too */ order by j.jobid limit 1;
  select j.* into v_job from cron.job j where j.jobname = v_name and j.username = current_user;
  if v_job.jobid is null and v_other.jobid is not null then
    return next row('JOB_OF_ANOTHER',
                    format('cron job %s belongs to role %I, but the schedule to role %I', v_name, v_other.username,
                           current_user),
      format('Remove that job, as role %I or a superuser, then upgrade:', v_other.username),
      array[format('select cron.unschedule(%s);', v_other.jobid), 'bunkd-db upgrade'])::bunkd.obstacle;
  elsif v_job.jobid is null and (p_schedule.job_obstacle).code is not null then
    return next row('JOB_REFUSED',
                    format('cron job %s could not be registered: %s', v_name, (p_schedule.job_obstacle).detail),
      (p_schedule.job_obstacle).remedy, (p_schedule.job_obstacle).commands)::bunkd.obstacle;
  elsif v_job.jobid is null and (p_schedule.url is null or not bunkd.has_credential(p_schedule.name)) then
    return;  -- that is why, and bunkd.find_credential_obstacles says it
  elsif v_job.jobid is null and bunkd.is_retired(p_schedule) then
    return;  -- as its pause says
  elsif v_job.jobid is null then
    return next row('JOB_MISSING', format('role %I has no cron job %s', current_user, v_name),
      'Register the job again:', array['bunkd-db upgrade'])::bunkd.obstacle;
  elsif v_other.jobid is not null then
    return next row('JOB_DOUBLED', format('cron job %s is also registered for role %I', v_name, v_other.username),
      'Remove the other role''s job, as that role or a superuser:',
      array[format('select cron.unschedule(%s);', v_other.jobid)])::bunkd.obstacle;
  end if;
  if v_job.jobid is null then
    return;
  elsif not v_job.active then
    return next row('JOB_INACTIVE', format('cron job %s was switched off', v_name),
      'Switch the job on:', array[format('select cron.alter_job(%s, active := true);', v_job.jobid)])::bunkd.obstacle;
    return;  -- no tick is due
  end if;
  if v_job.schedule is distinct from p_schedule.cron_schedule or v_job.database <> current_database()
     or p_schedule.cron_schedule not in (bunkd.write_cron_schedule(p_schedule.every, p_seconds => true),
                                         bunkd.write_cron_schedule(p_schedule.every, p_seconds => false))
     or v_job.command <> bunkd.write_cron_command(p_schedule.name) or v_job.nodeport <> current_setting('port')::integer
     or (case when pg_has_role('pg_read_all_settings', 'usage')
         then v_job.nodename <> current_setting('cron.host', true) end) then
    return next row('JOB_DRIFTED', format('cron job %s differs from what the schedule says', v_name),
      'Set the job right:', array['bunkd-db upgrade'])::bunkd.obstacle;
  end if;
  return query select o.* from bunkd.find_tick_obstacles(p_schedule, v_job.jobid) as o;
end
$$;

comment on function bunkd.find_job_obstacles(bunkd.schedule) is
  'For bunkd.find_obstacles: whether pg_cron runs, has our job as it has to be, and ran it.';
