create or replace function bunkd.plan_calls(
  p_schedule bunkd.schedule,
  p_reason text,
  p_shape bunkd.queue_shape default null
) returns bunkd.call_plan
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedule constant text := p_schedule.name;
  v_plan bunkd.call_plan;
  v_limit record;
  v_wanted record;
begin
  p_schedule.max_in_flight := bunkd.find_bound(p_schedule);
  v_plan.calls := 0;
  v_plan.reason := p_reason;
  v_plan.again := false;
  if bunkd.is_paused(p_schedule) then
    v_plan.limited_by := 'PAUSED';
    return v_plan;
  elsif /* shared/taken_slots */ >= p_schedule.max_in_flight then
    v_plan.limited_by := 'NO_SLOT';
    return v_plan;
  end if;
  v_limit := bunkd.find_brake(p_schedule, p_reason);
  v_plan.back_off := v_limit.note;
  if v_limit.at_most = 0 then
    v_plan.limited_by := 'BACK_OFF';
    return v_plan;
  end if;
  v_plan.reason := coalesce(v_limit.reason, p_reason);
  -- Not before it has to: the look at the queue is the dear part.
  v_wanted := bunkd.count_wanted_calls(
    p_schedule, case when p_shape is null then bunkd.read_queue_shape(p_schedule) else p_shape end, p_reason);
  v_plan.calls := greatest(0, least(v_wanted.wanted, v_limit.at_most));
  v_plan.problem := v_wanted.problem;
  v_plan.again := v_wanted.again;
  v_plan.limited_by := case
    when v_wanted.problem is not null then 'QUEUE_PROBLEM'
    when v_limit.at_most <= v_wanted.wanted then 'BACK_OFF'
    else 'DEMAND' end;
  return v_plan;
end
$$;

comment on function bunkd.plan_calls(bunkd.schedule, text, bunkd.queue_shape) is
  'How many calls to make now, for which reason, and why not more (limited_by): the one place that decides it. '
  'Changes nothing. p_shape is read where it is not given and matters.';
