create or replace function bunkd.find_waiting_rule(
  p_schedule bunkd.schedule,
  p_shape bunkd.queue_shape,
  p_row jsonb,
  out rule bunkd.obstacle,
  out next_at timestamptz,
  out holders jsonb
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_last timestamptz;
  v_until timestamptz;
  v_found record;
begin
  holders := '[]';
  if not (p_row ->> 'claimable')::boolean then
    v_found := bunkd.find_unclaimable_rule(p_schedule, p_shape, p_row);
    rule := v_found.rule;
    next_at := v_found.next_at;
  else  -- what stands in the way of all jobs: the same as for status and the gate
    select o.* into rule from bunkd.find_obstacles(p_schedule.name) as o limit 1;
  end if;
  if rule.code in ('STANDBY', 'LOCKED') or pg_is_in_recovery() then
    return;
  end if;
  select t.at into v_last from bunkd.last_tick t where t.schedule = p_schedule.name;
  if rule.code = 'NOT_YET' then
    next_at := bunkd.find_tick_time(p_schedule, v_last, next_at);
  elsif rule.code in ('REJECTED', 'NOT_DEPLOYED', 'BACKING_OFF', 'EMPTY_ANSWERS') then
    v_until := (bunkd.find_brake(p_schedule, 'tick')).until;
    next_at := case when v_until is distinct from 'infinity' then bunkd.find_tick_time(p_schedule, v_last, v_until) end;
  elsif rule.code in ('TICK_FAILED', 'NOT_SENT') then
    next_at := bunkd.find_tick_time(p_schedule, v_last);
  elsif rule.code is null and p_schedule.mode = 'external' and bunkd.count_workers(p_schedule.name) = 0 then
    rule := row('EXTERNAL', 'the calls come from outside this database, which does not see when the next one comes',
      'Read the log of the external scheduler, or let a worker make the calls:',
      array['bunkd-db worker --schedule ' || p_schedule.name]);
  elsif rule.code is null then
    v_found := bunkd.find_planned_rule(p_schedule, p_shape, p_row, v_last);
    rule := v_found.rule;
    next_at := v_found.next_at;
    holders := v_found.holders;
  end if;
exception when lock_not_available then
  rule := bunkd.write_lock_obstacle();
  next_at := null;
end
$$;

comment on function bunkd.find_waiting_rule(bunkd.schedule, bunkd.queue_shape, jsonb) is
  'What holds a waiting job: itself, else what bunkd.find_obstacles says, else what bunkd.plan_calls says.';
