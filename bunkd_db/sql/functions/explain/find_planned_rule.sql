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
  -- since when it can have been called for: its row was made, or written anew
  v_since constant timestamptz := to_timestamp(greatest((p_row ->> 'created')::numeric, (p_row ->> 'updated')::numeric)::double precision);
  v_plan constant bunkd.call_plan := bunkd.plan_calls(p_schedule, 'tick', p_shape);
  v_unsent bigint;
  v_open bigint;
  v_ended bigint;
  v_over timestamptz;
begin
  select count(*) filter (where h.state = 'unsent'), count(*) filter (where h.state = 'open'), count(*) filter (where h.state = 'ended'), min(h.until) filter (where h.until > clock_timestamp()),
         coalesce(jsonb_agg(jsonb_build_object('call', h.call, 'seconds', h.seconds, 'worker', bunkd.clean_text(h.worker, null), 'state', h.state,
                                               'until', extract(epoch from h.until)) order by h.place) filter (where h.place <= 20), '[]')
    into v_unsent, v_open, v_ended, v_over, holders
    from bunkd.read_holders(p_schedule) as h;
  next_at := bunkd.find_tick_time(p_schedule, p_last_tick);
  if v_plan.limited_by = 'NO_SLOT' or p_schedule.on_timeout = 'detach' and v_plan.limited_by = 'DEMAND' and v_plan.calls = 0 and v_unsent + v_open = 0 then
    next_at := case when v_ended > 0 then least(next_at, v_over) else v_over end;
    rule := row('NO_SLOT', case
        when v_plan.limited_by = 'DEMAND' then 'functions whose calls have timed out are still at work on as many jobs as there are slots'
        when p_schedule.max_in_flight = 1 then 'the only slot is in use'
        else format('all %s slots are in use', p_schedule.max_in_flight) end,
      'Wait for one of these calls to end. Or allow more calls at once, if the function and its providers can take them:',
      array[format('update bunkd.schedule set max_in_flight = %s where name = %L;', least(2 * p_schedule.max_in_flight, 1000), p_schedule.name)]);
    return;
  elsif v_plan.limited_by = 'BACK_OFF' then
    rule := row('SLOWED_DOWN', v_plan.back_off, 'Read what the calls were answered:',
      array[format('select * from bunkd.recent_calls where schedule = %L;', p_schedule.name)]);
    next_at := bunkd.find_tick_time(p_schedule, p_last_tick, (bunkd.find_brake(p_schedule, 'tick')).until);
    holders := '[]';
    return;
  elsif v_plan.limited_by = 'DEMAND' and v_plan.calls = 0 and v_unsent + v_open > 0 then  -- these calls are as many as the jobs that wait
    next_at := null;
    rule := case when v_unsent > 0
      then row('NOT_SENT_YET', 'pg_net has a call for it, and has not sent it yet: the requests of a batch wait for the slowest one of the batch before',
               'Wait for pg_net. To see what it has to do:', array['select id, url, timeout_milliseconds from net.http_request_queue order by id;'])::bunkd.obstacle
      else row('CALLED', 'a call is on its way that has not claimed a job yet', 'Wait for the function to claim the job.', '{}')::bunkd.obstacle end;
    return;
  end if;
  holders := '[]';
  rule := case when v_plan.problem is not null
    then row('QUEUE_PROBLEM', v_plan.problem, 'Fix what the message names. The next tick retries.', '{}')::bunkd.obstacle
    else row('WAITS_FOR_TICK', 'the next tick calls for it; ' || bunkd.find_missed_wake(p_schedule, v_since),
             case when p_schedule.mode = 'native' then 'Wait for the tick, or tick by hand:' else 'Wait for the worker''s next tick.' end,
             case when p_schedule.mode = 'native' then array[format('select bunkd.tick(%L);', p_schedule.name)] else '{}' end)::bunkd.obstacle end;
end
$$;

comment on function bunkd.find_planned_rule(bunkd.schedule, bunkd.queue_shape, jsonb, timestamptz) is
  'For bunkd.explain_job: what bunkd.plan_calls, whose every answer is covered, means for a job that can be claimed where no obstacle is in the way; and the calls that it waits for (holders).';
