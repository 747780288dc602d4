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
  for v_job in select o.* from bunkd.old_jobs(p_schedule) as o where o.role = current_user
  loop
    perform cron.alter_job(job_id := v_job.job_id, active := false);
    insert into bunkd.retired_job (job_id, job_name, schedule) select j.jobid, j.jobname, p_schedule from cron.job j where j.jobid = v_job.job_id
    on conflict (job_id) do update set retired = excluded.retired;
  end loop;
end
$$;

comment on function bunkd.retire(text) is
  'Deactivates the cron jobs that an older recipe left to call the same function, and remembers them: a downgrade activates them again.';
