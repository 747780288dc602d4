create or replace function bunkd.find_manual_obstacle(p_schedule bunkd.schedule, p_here boolean) returns bunkd.obstacle
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_found bunkd.obstacle;
  v_brake record;
  v_of constant text := ' --schedule ' || p_schedule.name;
begin
  select o.* into v_found from bunkd.find_obstacles(p_schedule.name) as o
   where o.code in ('NOT_SCHEDULED', 'STANDBY', 'COPY', 'HELD', 'PAUSED', 'READ_ONLY') limit 1;
  if found then
    return v_found;
  elsif bunkd.is_paused(p_schedule) then  -- of an external one without a worker nothing else is asked above
    return row('PAUSED', bunkd.write_pause(p_schedule), 'Resume the schedule:',
      bunkd.write_resume(p_schedule))::bunkd.obstacle;
  end if;
  if not p_here and p_schedule.mode = 'external' then
    return row('EXTERNAL', format('this database makes no calls itself, because %s', p_schedule.mode_reason),
      'Send the call from this machine:', array['bunkd-db call --via here' || v_of])::bunkd.obstacle;
  elsif not p_here then
    select o.* into v_found from bunkd.find_credential_obstacles(p_schedule) as o limit 1;
    if found then
      return v_found;
    end if;
    select o.* into v_found from bunkd.find_lane_obstacles(p_schedule) as o where bunkd.sends_by_lanes(p_schedule)
    union all
    select o.* from bunkd.find_net_obstacles(p_schedule) as o
     where o.code <> 'NOT_SENT' and bunkd.sends_by_net(p_schedule) limit 1;
    if found then
      return v_found;
    end if;
  end if;
  v_brake := bunkd.find_brake(p_schedule, 'manual');
  if v_brake.at_most = 0 then
    return row(case v_brake.reason when 'probe' then 'BACKING_OFF' else 'SLOWED_DOWN' end, v_brake.note,
      'Send a probe, which is sent even during a back-off; a good answer ends the back-off:',
      array['bunkd-db check --probe' || v_of])::bunkd.obstacle;
  end if;
  return bunkd.find_slot_obstacle(p_schedule);
end
$$;

comment on function bunkd.find_manual_obstacle(bunkd.schedule, boolean) is
  'What keeps an operator''s call from being made now, null where nothing does: that of every call, a back-off, and no '
  'free slot. p_here: the command itself sends it, so pg_net and the stored credential do not matter.';
