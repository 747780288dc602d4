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
  perform cron.alter_job(job_id := j.jobid, active := true) from cron.job j join bunkd.retired_job r on r.job_id = j.jobid
    where j.jobname is not distinct from r.job_name and j.username = current_user;
  delete from bunkd.retired_job where true;
end
$$;
