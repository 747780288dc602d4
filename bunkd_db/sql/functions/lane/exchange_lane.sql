create or replace function bunkd.exchange_lane(
  p_schedule text,
  p_lane integer,
  p_answer jsonb,
  p_marked jsonb,
  p_takes boolean,
  out call bigint,
  out reason text,
  out marked jsonb
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- re-planning these small look-ups costs more than running them
set lock_timeout = '2s'
as $$
declare
  v_worker constant text := 'lane:' || p_lane;  -- no worker outside can have such a name
  v_schedule bunkd.schedule;
  v_shape bunkd.queue_shape;
  v_done record;
  v_unnamed boolean := false;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  -- Two that look at once would both send for the same job.
  perform bunkd.lock_slots();
  if p_answer is not null then
    perform bunkd.settle_answers(v_schedule, v_worker, jsonb_build_object(
      -- its earlier run may have been ended in a call that goes on: that slot is kept until it expires
      'known', (select coalesce(jsonb_agg(s.call), '[]') from bunkd.slot s
                 where s.schedule = p_schedule and s.worker = v_worker),
      'answers', jsonb_build_array(p_answer), 'marked', p_marked));
    select c.outcome in ('ok', 'empty') and c.job_id is null into v_unnamed from bunkd.call c
     where c.id = (p_answer ->> 'call')::bigint;
  end if;
  if not p_takes or v_schedule.mode is distinct from 'native' or not bunkd.sends_by_lanes(v_schedule)
     or p_lane > v_schedule.lanes or bunkd.fence(v_schedule) is not null then
    return;
  end if;
  update bunkd.slot s
     set worker = v_worker, expires = bunkd.find_expiry(v_schedule)
   where s.schedule = p_schedule
     and s.n = (select o.n from bunkd.slot o where o.schedule = p_schedule and o.worker = 'lanes'
                 order by o.taken limit 1 for update skip locked)
  returning s.call into exchange_lane.call;
  if call is not null then
    update bunkd.call c set worker = v_worker where c.id = call returning c.reason into reason;
  elsif v_schedule.wake then
    v_shape := bunkd.read_queue_shape(v_schedule);
    if exists (select from bunkd.slot s where s.schedule = p_schedule and s.detached) then
      perform bunkd.free_detached(v_schedule, v_shape);
    end if;
    v_done := bunkd.dispatch(v_schedule, bunkd.find_lane_reason(v_schedule, v_shape), 0, v_shape, v_worker, 1);
    call := v_done.calls[1];
    reason := v_done.reason;
  end if;
  if call is not null and v_unnamed then  -- does such a function take jobs? Else it would be called in a hot loop
    marked := bunkd.mark_waiting(case when v_shape is null then bunkd.read_queue_shape(v_schedule) else v_shape end);
  end if;
  if call is not null then
    perform bunkd.switch_lanes(v_schedule, v_shape);
  end if;
end
$$;

comment on function bunkd.exchange_lane(text, integer, jsonb, jsonb, boolean) is
  'What a lane does between two calls: says how the last one ended (p_answer and p_marked, as bunkd.settle_answers '
  'takes them) and, where it takes another one, gets it: one that a tick or a person has handed to the lanes, else '
  'one by bunkd.dispatch.';
