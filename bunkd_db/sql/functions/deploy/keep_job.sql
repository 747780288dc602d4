create or replace function bunkd.keep_job(p_schedule bunkd.schedule) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_job record;
begin
  v_job := bunkd.keep_cron_job('bunkd:' || p_schedule.name,
                               bunkd.write_cron_schedule(p_schedule.every, p_seconds => true),
                               bunkd.write_cron_schedule(p_schedule.every, p_seconds => false),
                               bunkd.write_cron_command(p_schedule.name));
  update bunkd.schedule s
     set cron_schedule = v_job.cron_schedule, job_id = v_job.job_id, job_role = current_user, job_obstacle = null,
         registered = case when v_job.kept then s.registered else clock_timestamp() end
   where s.name = p_schedule.name;
end
$$;

comment on function bunkd.keep_job(bunkd.schedule) is
  'Makes a schedule''s cron job what it has to be, see bunkd.keep_cron_job.';
