create or replace function bunkd.budget(
  p_schedule bunkd.schedule,
  p_shape record,
  p_reason text,
  p_left integer,
  out calls integer,
  out reason text,
  out settled integer,
  out problem text,
  out back_off text
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  -- One call that works off several jobs does not end with the first of them.
  v_left constant integer := case when p_schedule.jobs_per_call = 1 then p_left else 0 end;
  v_gives constant boolean := v_left > 0 or exists (select from bunkd.observe(p_schedule.name) as o where o.ended);
  v_brake record;
begin
  calls := 0;
  reason := p_reason;
  settled := 0;
  perform bunkd.gate(p_schedule.name, v_gives);
  if v_gives then
    settled := bunkd.settle(p_schedule);
    perform bunkd.give_back(p_schedule.name, v_left);
  end if;
  if p_reason in ('tick', 'refill') then
    settled := settled + bunkd.settle_released(p_schedule.name);
  end if;

  if p_schedule.paused or (select count(*) from bunkd.slot s where s.schedule = p_schedule.name and s.request is not null) >= p_schedule.max_in_flight then
    return;
  end if;
  v_brake := bunkd.brake(p_schedule, p_reason);
  back_off := v_brake.note;
  if v_brake.at_most = 0 then
    return;
  end if;
  reason := coalesce(v_brake.reason, p_reason);
  select least(d.wanted, v_brake.at_most), d.problem into calls, problem
    from bunkd.demand(p_schedule, coalesce(p_shape, bunkd.queue_shape(p_schedule)), p_reason) as d;
end
$$;

comment on function bunkd.budget(bunkd.schedule, record, text, integer) is
  'Settles what has ended, gives the slots of p_left finished jobs back, and says how many calls may be sent now and for which reason; what kept it from looking at the queue, and why it holds calls back. p_shape is bunkd.queue_shape''s answer where the caller has it already, else null.';
