create or replace function bunkd.register_job(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule bunkd.schedule;
  v_obstacle bunkd.obstacle;
  v_must_stay boolean := false;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule for update;
  if v_schedule.mode is distinct from 'native' or v_schedule.url is null
     or not bunkd.has_credential(p_schedule) or bunkd.fence(v_schedule) is not null
     or bunkd.is_retired(v_schedule) then
    return;
  elsif bunkd.find_relation('pg_cron', 'cron', 'job') is null then  -- dropped since: bunkd.find_job_obstacles says so
    perform bunkd.unregister_job(p_schedule);
    return;
  end if;
  begin
    v_obstacle := bunkd.clear_jobs();
    v_must_stay := v_obstacle.code is not null
      and exists (select from cron.job j where j.jobname = 'bunkd:' || p_schedule and j.username = current_user);
    if v_obstacle.code is null then
      v_obstacle := bunkd.find_job_obstacle();
    end if;
    if v_obstacle.code is null then
      perform bunkd.keep_job(v_schedule);
      perform bunkd.keep_lanes(v_schedule);
    end if;
  exception when others then  -- whatever pg_cron refuses, a deploy goes on and says so
    v_obstacle := row('JOB_REFUSED', 'pg_cron refused the cron job: ' || sqlerrm,
                      'Fix what pg_cron names, then upgrade:',
                      array['bunkd-db upgrade'])::bunkd.obstacle;
  end;
  if v_obstacle.code is not null then
    if not v_must_stay then  -- what cannot be changed goes on ticking, and the wake beside it
      perform bunkd.unregister_job(p_schedule);
    end if;
    update bunkd.schedule set job_obstacle = v_obstacle where name = p_schedule;
    return;
  end if;
  perform bunkd.retire_legacy_jobs(p_schedule);
  perform bunkd.ensure_slots(v_schedule);
end
$$;

comment on function bunkd.register_job(text) is
  'Makes a schedule''s cron job what it has to be, once url and credential are there, and deactivates the legacy '
  'jobs. Where pg_cron cannot run it, nothing is left half on, and job_obstacle says why; where other roles'' jobs '
  'forbid every change, our job stays as it is. Another role''s job of the same name is no obstacle: its ticks, if '
  'it can tick, take turns with ours.';
