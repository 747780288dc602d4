create or replace function bunkd.start_manual_call(p_schedule text, p_worker text default null) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
set lock_timeout = '2s'
as $$
declare
  v_schedule bunkd.schedule;
  v_obstacle bunkd.obstacle;
  v_calls bigint[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'a call needs READ COMMITTED, but this transaction is %', current_setting('transaction_isolation')
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  perform from bunkd.schedule where name = p_schedule;
  if not found then
    raise exception 'there is no schedule %', p_schedule
      using errcode = 'invalid_parameter_value', hint = 'To see all schedules: bunkd-db schedule list';
  end if;
  if not pg_is_in_recovery() then  -- a standby has no ticks, and none of what is unlogged
    -- No tick, upgrade or worker beside: two that look at once would both send for the same job.
    perform bunkd.lock_tick(p_schedule, p_wait => true);
  end if;
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  if not pg_is_in_recovery() and bunkd.fence(v_schedule) is null then  -- a copy's ledger must show no sign of life
    perform bunkd.ensure_slots(v_schedule);
    perform bunkd.lock_slots();
    perform bunkd.settle_calls(v_schedule);
  end if;
  v_obstacle := bunkd.find_manual_obstacle(v_schedule, p_here => p_worker is not null);
  if v_obstacle.code is null then
    v_calls := bunkd.start_calls(v_schedule, 'manual', 1, p_worker);
    if cardinality(v_calls) = 0 then
      v_obstacle := case
        when p_worker is null and bunkd.sends_by_lanes(v_schedule)
             and bunkd.count_busy_lanes(p_schedule) >= v_schedule.lanes
          then row('NO_SLOT', case v_schedule.lanes when 1 then 'the one lane is in use'
                                else format('all %s lanes are in use', v_schedule.lanes) end,
                   'Wait for a call to end, and try again. To see who holds the slots:',
                   array['bunkd-db status --schedule ' || p_schedule])::bunkd.obstacle
        else row('SLOTS_LOCKED', 'no slot can be taken: another session holds a lock on the free ones',
                 'Try again.', '{}')::bunkd.obstacle end;
    end if;
  end if;
  return jsonb_build_object(
    'obstacle', case when v_obstacle.code is not null then to_jsonb(v_obstacle) end,
    'call', v_calls[1],
    'mode', v_schedule.mode,
    'on_timeout', v_schedule.on_timeout,
    'timeout_ms', v_schedule.timeout_ms,
    'url', v_schedule.url,
    'headers', v_schedule.headers,
    'body', v_schedule.body,
    'credential_header', v_schedule.credential_header,
    'kind', (select c.kind from bunkd.credential c where c.schedule = p_schedule and c.place = 'current'));
end
$$;

comment on function bunkd.start_manual_call(text, text) is
  'Takes a slot for one call that an operator asked for, and hands it to pg_net, or to p_worker, who sends it and says '
  'how it ended to bunkd.end_manual_call. Returns the call, or the obstacle that keeps it from being made.';
