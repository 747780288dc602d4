create or replace function bunkd.read_slot_status(p_schedule bunkd.schedule) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_tick record;
  v_plan bunkd.call_plan;
  v_status jsonb;
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  if pg_is_in_recovery() then
    return jsonb_build_object('unknown',
                              'this is a standby: the ticks, the slots and the workers are known only to its primary');
  end if;
  select t.at, nullif(concat_ws('; ', t.wake_problem, t.rescue_problem, t.problem), '') as problem, t.back_off
    into v_tick
    from bunkd.last_tick t where t.schedule = p_schedule.name;
  select jsonb_build_object(
           'in_use', count(*),
           'holders', coalesce(jsonb_agg(to_jsonb(h)) filter (where h.place <= 20), '[]'))
    into v_status
    from bunkd.read_holders(p_schedule) as h;
  v_plan := bunkd.plan_calls(p_schedule, 'tick');
  return v_status || jsonb_build_object(
    'last_tick', extract(epoch from v_tick.at),
    'next_tick', extract(epoch from bunkd.find_tick_time(p_schedule, v_tick.at)),
    'problem', v_tick.problem, 'back_off', v_tick.back_off,
    'planned', v_plan.calls, 'limited_by', v_plan.limited_by,
    'workers', bunkd.count_workers(p_schedule.name));
exception when lock_not_available then
  return jsonb_build_object('unknown', 'a table of bunkd-db is locked'
                            || coalesce(': ' || (bunkd.find_lock_holders('bunkd.last_tick')).names, ''));
end
$$;

comment on function bunkd.read_slot_status(bunkd.schedule) is
  'For bunkd.read_status: who holds the slots and since when, the last and the next tick, and what a tick would do '
  'now (bunkd.plan_calls); or why that is not known (unknown).';
