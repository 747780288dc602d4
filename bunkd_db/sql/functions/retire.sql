create or replace function bunkd.retire(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job record;
begin
  if not has_function_privilege('cron.alter_job(bigint, text, text, text, text, boolean)', 'execute') then
    return;
  end if;
  for v_job in
    select j.jobid, j.jobname from cron.job j join bunkd.schedule s on s.name = p_schedule
     where j.active and j.username = current_user and j.database = current_database()
       and coalesce(j.jobname, '') not like 'bunkd:%'
       and (j.jobname = s.name
            or j.command ~* '\mtrigger_job_processing\M'
            or j.command ~* '\mnet\.http_\w+' and strpos(j.command, s.url) > 0)
  loop
    perform cron.alter_job(job_id := v_job.jobid, active := false);
    insert into bunkd.retired_job (job_id, job_name, schedule) values (v_job.jobid, v_job.jobname, p_schedule)
    on conflict (job_id) do update set retired = excluded.retired;
  end loop;
end
$$;

comment on function bunkd.retire(text) is
  'Deactivates the cron jobs that an older recipe left to call the same function, and remembers them: a downgrade activates them again.';
