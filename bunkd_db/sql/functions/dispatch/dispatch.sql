create or replace function bunkd.dispatch(
  p_schedule bunkd.schedule,
  p_reason text,
  p_finished_jobs integer default 0,
  p_shape bunkd.queue_shape default null,
  p_worker text default null,
  p_room integer default null,
  out calls bigint[],
  out reason text,
  out settled integer,
  out problem text,
  out back_off text,
  out again boolean,
  out unsent text
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_schedule constant text := p_schedule.name;
  v_shape bunkd.queue_shape := p_shape;
  -- beyond max_in_flight the rows do not keep the bound: there, too, one looks after the other
  v_gives constant boolean := p_finished_jobs > 0
    or bunkd.has_ended_slot(p_schedule.name, p_schedule.max_in_flight);
  v_plan bunkd.call_plan;
begin
  calls := '{}';
  reason := p_reason;
  settled := 0;
  again := false;
  if v_gives then
    perform bunkd.lock_slots();
  else
    begin
      lock table bunkd.gate in row share mode;  -- as bunkd.lock_slots says
    exception when lock_not_available or deadlock_detected then
      null;
    end;
  end if;
  if p_reason = 'wake' and not v_gives and /* shared/taken_slots */ >= p_schedule.max_in_flight then
    return;  -- what most writes to a busy queue find: it asks no more than it has to
  elsif p_reason <> 'tick' and p_worker is null and bunkd.fence(p_schedule) is not null then
    return;  -- before anything is written: a copy's ledger must show no sign of life
  elsif p_worker is null and bunkd.sends_by_lanes(p_schedule) and bunkd.find_http() is null then
    problem := 'the extension http is gone or cannot be used. Enable it again: bunkd-db upgrade';
    return;
  elsif p_worker is null and bunkd.sends_by_net(p_schedule)
        and bunkd.find_relation('pg_net', 'net', 'http_request_queue') is null then
    problem := 'the extension pg_net is gone. Enable it again: bunkd-db upgrade';
    return;
  end if;
  p_schedule.max_in_flight := bunkd.find_bound(p_schedule);

  if p_reason = 'tick' then  -- they are the older ones: the last call's answer is settled last
    settled := bunkd.settle_released(p_schedule.name);
  end if;
  if v_gives then
    settled := settled + bunkd.settle_calls(p_schedule, p_in_write => p_reason <> 'tick');
    if p_finished_jobs > 0 and p_schedule.jobs_per_call > 1 and v_shape is null then
      v_shape := bunkd.read_queue_shape(p_schedule);
    end if;
    perform bunkd.hand_back_slots(p_schedule, p_finished_jobs, v_shape);
  end if;
  if p_reason = 'refill' and p_worker is null then  -- a worker's have a slot until they end
    settled := settled + bunkd.settle_released(p_schedule.name, p_in_write => true);
  end if;

  v_plan := bunkd.plan_calls(p_schedule, p_reason, v_shape);
  reason := v_plan.reason;
  problem := v_plan.problem;
  back_off := v_plan.back_off;
  again := v_plan.again;
  if v_plan.calls <= 0 then
    return;
  elsif p_worker is not null then
    calls := bunkd.start_calls(p_schedule, reason, least(v_plan.calls, p_room), p_worker);
  elsif p_reason = 'tick' then
    select t.calls, t.problem into calls, unsent from bunkd.try_start_calls(p_schedule, reason, v_plan.calls) as t;
    problem := unsent;
  else
    calls := bunkd.start_calls(p_schedule, reason, v_plan.calls);
  end if;
end
$$;

comment on function bunkd.dispatch(bunkd.schedule, text, integer, bunkd.queue_shape, text, integer) is
  'Settles what has ended, plans how many calls to make now, takes slots for them and sends them, or leaves that to '
  'p_worker, which has room for p_room. A tick, a commit and a worker are its three doors; p_finished_jobs have left '
  'the active state in this commit. Returns the calls, what the plan says, and why a tick''s calls were not sent '
  '(unsent).';
