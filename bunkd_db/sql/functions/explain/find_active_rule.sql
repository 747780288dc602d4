create or replace function bunkd.find_active_rule(
  p_schedule bunkd.schedule,
  p_row jsonb,
  out rule bunkd.obstacle,
  out next_at timestamptz
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set intervalstyle = postgres_verbose  -- '@ 10 mins'
set lock_timeout = '50ms'
as $$
declare
  v_limit constant text := ltrim(p_schedule.rescue_after::text, '@ ');
  v_started constant timestamptz := bunkd.read_time(p_row, 'started');
  v_rescues constant boolean := p_schedule.rescue_after <> '0' and v_started is not null;
  v_last constant boolean :=
    bunkd.is_last_rescue((p_row ->> 'claims')::bigint, (p_row ->> 'rescues')::integer + 1);
  v_tick timestamptz;
  v_problem text;
  v_calls constant bigint := (bunkd.find_claiming_call(p_schedule, p_row)).calls;
begin
  if v_rescues and not pg_is_in_recovery() then  -- there the table cannot be read
    select t.at, t.rescue_problem into v_tick, v_problem from bunkd.last_tick t where t.schedule = p_schedule.name;
  end if;
  if v_rescues and v_started < clock_timestamp() - bunkd.find_rescue_limit(p_schedule) then
    rule := row('STUCK',
      format('it has been active for longer than BUNKD_RESCUE_AFTER (%s), and no tick has rescued it%s',
             v_limit, coalesce(': ' || v_problem, '')),
      'See the check queue_rescue, which says what keeps ticks from it:',
      array['bunkd-db check -v --schedule ' || p_schedule.name]);
    return;
  end if;
  rule := row('ACTIVE', case when v_calls > 1
      then format('a function is at work on it: one of %s calls in flight, and its answer will say which', v_calls)
      else 'a function is at work on it' end, 'Wait for the function. ' || case
    when not v_rescues then 'Nothing rescues this job if it never ends: read the function''s log if it takes too long.'
    else format('After BUNKD_RESCUE_AFTER (%s) a tick %s.', v_limit,
                case when v_last then 'gives the job up' else 'puts the job back to waiting' end) end, '{}');
  if v_rescues and v_problem is null and not pg_is_in_recovery() then
    next_at := bunkd.find_tick_time(p_schedule, v_tick, v_started + p_schedule.rescue_after);
  end if;
end
$$;

comment on function bunkd.find_active_rule(bunkd.schedule, jsonb) is
  'Whether a function is at work on an active job, or it is stuck; next_at is when a tick rescues it.';
