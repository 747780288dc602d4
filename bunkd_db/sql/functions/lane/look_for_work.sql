create or replace function bunkd.look_for_work(p_schedule text, p_lane integer, p_version xid) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- re-planning these small look-ups costs more than running them
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_schedule constant text := p_schedule;
  v_row bunkd.schedule;
  v_shape bunkd.queue_shape;
  v_any boolean;
begin
  select * into v_row from bunkd.schedule where name = p_schedule;
  if v_row.mode is distinct from 'native' or not bunkd.sends_by_lanes(v_row)
     or p_lane > v_row.lanes or p_version is distinct from bunkd.find_lane_version() then
    return 'end';
  elsif bunkd.fence(v_row) is not null then
    return 'rest';
  elsif exists (select from bunkd.slot s where s.schedule = p_schedule and s.worker = 'lanes') then
    return 'take';
  elsif bunkd.is_paused(v_row) or not v_row.wake then
    return 'rest';  -- then only ticks call
  elsif exists (select from bunkd.slot s where s.schedule = p_schedule and s.detached) then
    return 'take';  -- whoever asks next may free it
  elsif v_row.transport_used = 'both' and bunkd.has_ended_slot(p_schedule, v_row.max_in_flight) then
    return 'take';  -- pg_net is free again when somebody has noticed
  elsif /* shared/taken_slots */ >= bunkd.find_bound(v_row) then
    return case when bunkd.has_ended_slot(p_schedule, v_row.max_in_flight) then 'take' else 'rest' end;
  end if;
  v_shape := bunkd.read_queue_shape(v_row);
  if v_shape.problem is not null
     or not bunkd.has_index(v_shape.queue, v_row.status_column, v_row.status_waiting) then
    return 'rest';  -- a tick says so, and calls
  end if;
  execute format('select exists (select from %s where %s)', v_shape.queue, v_shape.claimable) into v_any;
  -- the dear question last, and it is the dispatcher's own
  return case when v_any and (bunkd.plan_calls(v_row, bunkd.find_lane_reason(v_row, v_shape), v_shape)).calls
                             > 0 then 'take' else 'rest' end;
exception when others then  -- a lock, or a condition of the operator's that no longer fits: the tick says it
  return 'rest';
end
$$;

comment on function bunkd.look_for_work(text, integer, xid) is
  'What a lane is to do now: take (there is a call for it), rest, or end (its schedule, its transport or bunkd-db has '
  'changed). Writes nothing and waits for nobody: it is asked many times a second.';
