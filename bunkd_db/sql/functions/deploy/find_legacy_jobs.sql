create or replace function bunkd.find_legacy_jobs(p_schedule text, out job_id bigint, out job_name text, out role text)
  returns setof record
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select j.jobid, coalesce(j.jobname, 'job ' || j.jobid), j.username
    from cron.job j join bunkd.schedule s on s.name = p_schedule
   where j.active and j.database = current_database()
     and /* shared/legacy_job */
   order by j.jobid
$$;

comment on function bunkd.find_legacy_jobs(text) is
  'The active cron jobs of a hand-made recipe that call the same function as this schedule: those that this role can '
  'see, which is its own unless it bypasses row security.';
