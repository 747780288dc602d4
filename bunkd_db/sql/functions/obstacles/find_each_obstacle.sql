create or replace function bunkd.find_each_obstacle(p_schedule text) returns setof bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
  v_opening text[];
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  select * into v_schedule from bunkd.schedule where name = p_schedule;
  if v_schedule.mode is null then
    return next row('NOT_SCHEDULED', format('schedule %s is not set up', p_schedule),
      'Set the schedule up:', array['bunkd-db upgrade'])::bunkd.obstacle;
    return;
  elsif pg_is_in_recovery() then
    -- What tells more is in unlogged tables, and cannot be read here.
    return next row('STANDBY', 'this is a standby: the calls are made from its primary',
      'Ask the primary.', '{}')::bunkd.obstacle;
    return;
  end if;
  if bunkd.fence(v_schedule) is not null then
    v_opening := bunkd.write_opening(v_schedule);
    return next row(case when v_schedule.held is null then 'COPY' else 'HELD' end,
      coalesce(bunkd.find_copy(v_schedule) || ': no call is made, because it would call for the original as well',
               format('schedule %s is not provisioned yet', p_schedule)),
      case when v_opening = array['bunkd-db upgrade']
        then 'Set BUNKD_CALL_URL and BUNKD_CREDENTIAL for this database to let it make calls, and upgrade:'
        else 'To let it call from this database, put its own URL in place of URL and run here:' end,
      v_opening)::bunkd.obstacle;
    return;
  end if;

  if v_schedule.mode = 'external' then
    if bunkd.count_workers(p_schedule) = 0 then
      return query select o.* from bunkd.find_idle_obstacles(v_schedule) as o;
      return;  -- the rest is about calls that we make
    end if;
  end if;
  if bunkd.is_paused(v_schedule) then
    return next row('PAUSED', bunkd.write_pause(v_schedule), 'Resume the schedule:',
      bunkd.write_resume(v_schedule))::bunkd.obstacle;
  end if;
  return query select o.* from bunkd.find_read_only_obstacles() as o;
  if v_schedule.mode = 'native' then
    return query select o.* from bunkd.find_credential_obstacles(v_schedule) as o;
    return query select o.* from bunkd.find_job_obstacles(v_schedule) as o;
    if bunkd.sends_by_lanes(v_schedule) then
      return query select o.* from bunkd.find_lane_obstacles(v_schedule) as o;
    end if;
    if bunkd.sends_by_net(v_schedule) then
      return query select o.* from bunkd.find_net_obstacles(v_schedule) as o;
    end if;
  end if;
  return query select o.* from bunkd.find_queue_obstacles(v_schedule) as o;
  return query select o.* from bunkd.find_call_obstacles(v_schedule) as o;
exception when lock_not_available then  -- of ours by a downgrade, of pg_cron or the catalog by a superuser
  return next bunkd.write_lock_obstacle();
end
$$;

comment on function bunkd.find_each_obstacle(text) is
  'For bunkd.find_obstacles, which takes its locks back: asks what may stand in the way of a schedule, one thing '
  'after the other.';
