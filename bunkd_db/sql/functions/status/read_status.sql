create or replace function bunkd.read_status(p_schedule text default null) returns table (schedule text, status jsonb)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
begin
  for v_schedule in
    select s.* from bunkd.schedule s
     where s.name = p_schedule or (p_schedule is null and not bunkd.is_retired(s)) order by s.name
  loop
    begin
      schedule := v_schedule.name;
      status := jsonb_build_object(
        'format', 1, 'at', extract(epoch from clock_timestamp()),
        'mode', v_schedule.mode, 'mode_code', v_schedule.mode_code, 'mode_reason', v_schedule.mode_reason,
        'transport_used', v_schedule.transport_used,
        'paused', bunkd.is_paused(v_schedule), 'pause', bunkd.read_pause(v_schedule),
        'rotation', bunkd.read_rotation(v_schedule.name),
        'held', extract(epoch from v_schedule.held), 'every', bunkd.find_pace(v_schedule),
        'seconds_between_ticks', bunkd.seconds_between_ticks(v_schedule),
        'queue_table', v_schedule.queue_table, 'max_in_flight', v_schedule.max_in_flight,
        'jobs_per_call', v_schedule.jobs_per_call,
        'rescue_after', extract(epoch from nullif(v_schedule.rescue_after, '0')),
        'obstacles', coalesce((select jsonb_agg(to_jsonb(o)) from bunkd.find_obstacles(v_schedule.name) as o), '[]'),
        'queue', bunkd.read_queue_status(v_schedule), 'calls', bunkd.read_call_status(v_schedule),
        'slots', bunkd.read_slot_status(v_schedule),
        'settings', bunkd.read_settings(v_schedule), 'changes', bunkd.read_changes(v_schedule.name, 5),
        'alerts', bunkd.read_alert_status(v_schedule));
      -- Takes the locks back, as bunkd.count_queue does: who asks in a transaction that stays open keeps none.
      raise exception using errcode = 'BUNKD', message = 'read';
    exception when sqlstate 'BUNKD' then
      null;
    end;
    return next;
  end loop;
end
$$;

comment on function bunkd.read_status(text) is
  'Everything that bunkd-db status shows of a schedule, or of all, as one object with its format. Keeps no lock. '
  'SECURITY DEFINER, because a reader need not be able to read the queue.';
