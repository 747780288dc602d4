create or replace function bunkd.rest_lane(p_schedule text, p_lane integer) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_job bigint;
begin
  -- the highest rest first: as many stay as are at work, and one more
  if p_lane <= bunkd.count_busy_lanes(p_schedule) + 1 or not bunkd.has_cron() then
    return false;
  end if;
  if bunkd.is_resting(p_schedule, p_lane) then
    return true;
  end if;
  select j.jobid into v_job from cron.job j
   where j.jobname = bunkd.name_lane(p_schedule, p_lane) and j.username = current_user and j.schedule = '1 second';
  if not found or not bunkd.can_change_jobs() then
    return false;
  end if;
  perform bunkd.alter_cron_job(v_job, p_schedule => bunkd.write_lane_schedule(p_lane), p_active => null);
  return true;
exception when others then  -- it goes on looking, and tries again
  return false;
end
$$;

comment on function bunkd.rest_lane(text, integer) is
  'Lets a lane that has had nothing to do rest until bunkd.switch_lanes. Returns whether it does: its run '
  'is to end then.';
