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
  v_brake record;
  v_found record;
begin
  holders := '[]';
  if not (p_row ->> 'claimable')::boolean then
    v_found := bunkd.find_unclaimable_rule(p_schedule, p_shape, p_row);
    rule := v_found.rule;
    next_at := v_found.next_at;
  end if;
  if rule.code is null then  -- what stands in the way of all jobs: the same as for status and the gate
    select o.* into rule from bunkd.find_obstacles(p_schedule.name) as o limit 1;
    if rule.code in ('STANDBY', 'LOCKED') then
      return;
    end if;
  end if;
  select t.at into v_last from bunkd.last_tick t where t.schedule = p_schedule.name;
  if rule.code in ('REJECTED', 'NOT_DEPLOYED', 'BACKING_OFF', 'EMPTY_ANSWERS') then
    v_brake := bunkd.find_brake(p_schedule, 'tick');
    next_at := case when v_brake.until is distinct from 'infinity' then bunkd.find_tick_time(p_schedule, v_last, v_brake.until) end;
  elsif rule.code in ('TICK_FAILED', 'NOT_SENT') then
    next_at := bunkd.find_tick_time(p_schedule, v_last);
  elsif rule.code is null and p_schedule.mode = 'external' and bunkd.count_workers(p_schedule.name) = 0 then
    rule := row('EXTERNAL', 'the calls come from outside this database, which does not see when the next one comes',
      'Read the log of the external scheduler, or let a worker make the calls:', array['bunkd-db worker --schedule ' || p_schedule.name]);
  elsif rule.code is null then
    v_found := bunkd.find_planned_rule(p_schedule, p_shape, p_row, v_last);
    rule := v_found.rule;
    next_at := v_found.next_at;
    holders := v_found.holders;
  elsif rule.code = 'NOT_YET' then
    next_at := bunkd.find_tick_time(p_schedule, v_last, next_at);
  end if;
exception when lock_not_available then
  rule := row('LOCKED', 'a table of bunkd-db is locked' || coalesce(': ' || (bunkd.find_lock_holders('bunkd.last_tick')).names, ''),
    'Ask again in a moment. To find the session that holds the lock:', array['select * from pg_stat_activity order by xact_start;']);
end
$$;

comment on function bunkd.find_waiting_rule(bunkd.schedule, bunkd.queue_shape, jsonb) is
  'For bunkd.explain_job: the one rule that holds a waiting job: first what is said of this job, then what bunkd.find_obstacles says of its schedule, then what bunkd.plan_calls says of the next call.';
