create or replace function bunkd.dispatch(
  p_schedule text,
  p_reason text,
  p_left integer default 0,
  out sent integer,
  out settled integer,
  out problem text,
  out back_off text
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
  v_gives boolean;
  v_wanted integer;
  v_brake record;
begin
  sent := 0;
  settled := 0;
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  problem := bunkd.fence(v_schedule);
  if problem is not null or v_schedule.mode is distinct from 'native'
     or p_reason in ('wake', 'refill') and not v_schedule.wake then
    return;
  elsif to_regclass('net.http_request_queue') is null then
    problem := 'the extension pg_net is gone: bunkd-db upgrade enables it again';
    return;
  end if;

  -- One call that works off several jobs does not end with the first of them.
  p_left := case when v_schedule.jobs_per_call = 1 then p_left else 0 end;
  v_gives := p_left > 0 or exists (select from bunkd.observe(p_schedule) as o where o.ended);
  perform bunkd.gate(p_schedule, v_gives);
  if v_gives then
    settled := bunkd.settle(v_schedule);
    perform bunkd.give_back(p_schedule, p_left);
  end if;
  if p_reason in ('tick', 'refill') then
    settled := settled + bunkd.settle_released(p_schedule);
  end if;

  if v_schedule.paused or (select count(*) from bunkd.observe(p_schedule)) >= v_schedule.max_in_flight then
    return;
  end if;
  v_brake := bunkd.brake(v_schedule, p_reason);
  back_off := v_brake.note;
  if v_brake.at_most = 0 then
    return;
  end if;
  select d.wanted, d.problem into v_wanted, problem
    from bunkd.demand(v_schedule, p_reason) as d;
  if v_wanted > 0 then
    sent := bunkd.send(v_schedule, coalesce(v_brake.reason, p_reason), least(v_wanted, v_brake.at_most));
  end if;
end
$$;

comment on function bunkd.dispatch(text, text, integer) is
  'Settles what has ended, gives the slots of p_left finished jobs back, and sends one call per free slot for the jobs that wait. Returns how many calls it sent and settled, what kept it from looking at the queue, and why it holds calls back.';
