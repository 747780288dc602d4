create or replace function bunkd.retire_legacy_jobs(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job record;
begin
  if not coalesce(has_function_privilege(to_regprocedure('cron.alter_job(bigint, text, text, text, text, boolean)'),
                                         'execute'), false) then
    return;  -- pg_cron before 1.4 has no such function
  end if;
  for v_job in select o.* from bunkd.find_legacy_jobs(p_schedule) as o where o.role = current_user
  loop
    perform bunkd.alter_cron_job(v_job.job_id, p_schedule => null, p_active => false);
    insert into bunkd.retired_job (job_id, job_name, schedule) select j.jobid, j.jobname, p_schedule from cron.job j
      where j.jobid = v_job.job_id
    on conflict (job_id) do update set retired = excluded.retired;
  end loop;
end
$$;

comment on function bunkd.retire_legacy_jobs(text) is
  'Deactivates the legacy jobs, which call the same function, and remembers them: a downgrade activates them again.';
