create or replace function bunkd.unregister_job(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_obstacle bunkd.obstacle;
begin
  if bunkd.has_cron() then
    begin
      v_obstacle := bunkd.clear_jobs();
      if v_obstacle.code is null then
        perform cron.unschedule(j.jobid) from cron.job j
          where j.jobname = 'bunkd:' || p_schedule and j.username = current_user;
        perform bunkd.remove_lanes(p_schedule, 0, p_at_once => true);
      end if;
    exception when others then  -- whatever pg_cron refuses, a deploy goes on; a tick does nothing meanwhile
      v_obstacle := row('JOB_REFUSED', 'pg_cron did not remove the cron job: ' || sqlerrm,
                        'Fix what pg_cron names, then upgrade:',
                        array['bunkd-db upgrade'])::bunkd.obstacle;
    end;
  end if;
  update bunkd.schedule
     set cron_schedule = null, lanes = 0, job_obstacle = case when v_obstacle.code is not null then v_obstacle end
   where name = p_schedule;
end
$$;

comment on function bunkd.unregister_job(text) is 'Removes a schedule''s cron jobs, and nobody else''s.';
