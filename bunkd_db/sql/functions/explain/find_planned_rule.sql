create or replace function bunkd.find_planned_rule(
  p_schedule bunkd.schedule,
  p_shape bunkd.queue_shape,
  p_row jsonb,
  p_last_tick timestamptz,
  out rule bunkd.obstacle,
  out next_at timestamptz,
  out holders jsonb
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name constant text := p_schedule.name;
  v_native constant boolean := p_schedule.mode = 'native';
  -- since when it can have been called for: its row was made, or written anew
  v_since constant timestamptz := greatest(bunkd.read_time(p_row, 'created'), bunkd.read_time(p_row, 'updated'));
  v_plan constant bunkd.call_plan := bunkd.plan_calls(p_schedule, 'tick', p_shape);
  -- the calls are enough for the jobs that wait, or no more are allowed
  v_enough constant boolean := v_plan.limited_by = 'DEMAND' and v_plan.calls = 0;
  v_calls record;
  v_served bigint;
  v_more boolean;
begin
  select count(*) filter (where h.state = 'unsent') as unsent,
         count(*) filter (where h.state in ('unsent', 'open')) as coming,
         count(*) filter (where h.state = 'ended') as ended, count(*) as slots,
         min(h.until) filter (where h.until > clock_timestamp()) as over,
         coalesce(jsonb_agg(jsonb_build_object(
           'call', h.call, 'seconds', h.seconds, 'worker', bunkd.clean_text(h.worker, null), 'state', h.state,
           'until', extract(epoch from h.until)) order by h.place) filter (where h.place <= 20), '[]') as held
    into v_calls from bunkd.read_holders(p_schedule) as h;
  next_at := bunkd.find_tick_time(p_schedule, p_last_tick);
  holders := '[]';
  if v_plan.limited_by = 'NO_SLOT' or v_enough and v_calls.coming = 0 and p_schedule.on_timeout = 'detach' then
    holders := v_calls.held;
    next_at := case when v_calls.ended > 0 then least(next_at, v_calls.over) else v_calls.over end;
    rule := row('NO_SLOT', case
        when v_enough then 'functions whose calls have timed out are still at work on as many jobs as there are slots'
        when p_schedule.max_in_flight = 1 then 'the only slot is in use'
        when p_schedule.max_in_flight = 2 then 'both slots are in use'
        else format('all %s slots are in use', p_schedule.max_in_flight) end,
      'Wait for a call to end. Or allow more calls at once, if the function and its providers can take them:',
      array[format('bunkd-db schedule set --max-in-flight %s --schedule %s',
                   least(2 * p_schedule.max_in_flight, 1000), v_name)]);
  elsif v_plan.limited_by = 'BACK_OFF' then
    next_at := bunkd.find_tick_time(p_schedule, p_last_tick, (bunkd.find_brake(p_schedule, 'tick')).until);
    rule := row('SLOWED_DOWN', v_plan.back_off, 'Read what the function answered:',
      array[format('select * from bunkd.recent_calls where schedule = %L;', v_name)]);
  elsif v_plan.problem is not null then
    rule := row('QUEUE_PROBLEM', v_plan.problem, 'Fix what the message names. The next tick retries.', '{}');
  elsif v_enough and v_calls.unsent > 0 then
    holders := v_calls.held;
    next_at := null;
    if p_schedule.transport_used = 'http' then
      rule := row('NOT_SENT_YET', 'a call for it waits for the next lane that is free',
        'Wait for a lane. If none comes:', array['bunkd-db check --schedule ' || v_name]);
    else
      rule := row('NOT_SENT_YET',
        'pg_net has a call for it that it has not sent: a batch of requests waits for the slowest one of the last '
        'batch',
        'Wait for pg_net. To see what it has to do:',
        array['select id, url, timeout_milliseconds from net.http_request_queue order by id;']);
    end if;
  elsif v_enough and v_calls.coming > 0 then
    holders := v_calls.held;
    next_at := null;
    rule := row('CALLED', 'a call is on its way that has not claimed a job yet',
      'Wait for the function to claim the job.', '{}');
  else
    -- what is limited by something else than what waits can leave jobs, and nobody knows which
    if v_plan.limited_by = 'BACK_OFF' or v_calls.slots + v_plan.calls >= p_schedule.max_in_flight then
      v_served := (v_plan.calls + v_calls.unsent) * p_schedule.jobs_per_call;
      v_more := bunkd.count_claimable(p_shape, v_served + 1) > v_served;
    end if;
    rule := row('WAITS_FOR_TICK', case when v_more
        then format('the next tick makes %s, and more jobs wait than that; ',
                    case v_plan.calls when 1 then '1 call' else v_plan.calls || ' calls' end)
        else 'the next tick calls for it; ' end || bunkd.find_missed_wake(p_schedule, v_since),
      case when v_native then 'Wait for the tick, or tick by hand:' else 'Wait for the worker''s next tick.' end,
      case when v_native then array[format('select bunkd.tick(%L);', v_name)] else '{}' end);
  end if;
end
$$;

comment on function bunkd.find_planned_rule(bunkd.schedule, bunkd.queue_shape, jsonb, timestamptz) is
  'What the answer of bunkd.plan_calls means for a job that can be claimed, and the calls that it waits for.';
