create or replace function bunkd.dispatch(p_schedule text, p_reason text, out sent integer, out problem text)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
  v_shape record;
  v_free integer;
  v_unsent integer;
  v_picked integer;
  v_waiting integer;
  v_active integer;
  v_wanted integer;
  v_headers jsonb;
  v_slot integer;
  v_call bigint;
  v_request bigint;
begin
  sent := 0;
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  problem := bunkd.fence(v_schedule);
  if problem is not null or v_schedule.paused then
    return;
  end if;

  -- The slots live in an unlogged table: after a crash they are made anew.
  insert into bunkd.slot (schedule, n)
  select p_schedule, g from generate_series(1, v_schedule.max_in_flight) as g
   where (select count(*) from bunkd.slot where schedule = p_schedule) < v_schedule.max_in_flight
  on conflict do nothing;
  -- pg_net deletes a row when it takes it up, and commits when its batch is over: until then xmax tells.
  select count(*) filter (where s.request is null and s.n <= v_schedule.max_in_flight),
         count(*) filter (where q.xmax = '0'::xid),
         count(*) filter (where q.xmax <> '0'::xid)
    into v_free, v_unsent, v_picked
    from bunkd.slot s
    left join net.http_request_queue q on q.id = s.request
   where s.schedule = p_schedule;
  v_free := least(v_free, v_schedule.max_in_flight - v_unsent - v_picked);
  if v_free <= 0 then
    return;
  end if;

  v_shape := bunkd.queue_shape(v_schedule);
  problem := v_shape.problem;
  if problem is not null then
    return;
  end if;
  begin
    execute format(
      'select (select count(*) from (select from %1$s where %2$s limit $1) as w),
              (select count(*) from (select from %1$s where %3$s limit $1) as a)',
      v_shape.queue, v_shape.claimable, v_shape.active)
      into v_waiting, v_active
      using (v_free + v_unsent + v_picked) * v_schedule.jobs_per_call;
  exception when lock_not_available then
    problem := format('%s is locked, the next tick looks again', v_shape.queue);
    return;
  end;

  -- An unsent call will claim jobs, and so will one that is under way and has none yet.
  v_wanted := ceil(v_waiting::numeric / v_schedule.jobs_per_call) - v_unsent - greatest(0, v_picked - v_active);
  if v_wanted <= 0 then
    return;
  end if;
  v_headers := bunkd.request_headers(v_schedule);
  for v_slot in
    select s.n from bunkd.slot s
     where s.schedule = p_schedule and s.request is null and s.n <= v_schedule.max_in_flight
     order by s.n limit least(v_wanted, v_free)
       for update skip locked
  loop
    v_call := nextval('bunkd.call_id_seq');
    v_request := net.http_post(
      url := v_schedule.url,
      body := v_schedule.body,
      headers := v_headers || jsonb_build_object('X-Bunkd-Call', v_call::text, 'X-Bunkd-Reason', p_reason),
      timeout_milliseconds := v_schedule.timeout_ms);
    insert into bunkd.call (id, schedule, reason, request) values (v_call, p_schedule, p_reason, v_request);
    update bunkd.slot set call = v_call, request = v_request, taken = clock_timestamp()
     where schedule = p_schedule and n = v_slot;
    sent := sent + 1;
  end loop;
end
$$;

comment on function bunkd.dispatch(text, text) is
  'Takes free slots for the jobs that wait and sends one call per slot: min(ceil(claimable / jobs_per_call), free slots), less what is under way. Returns how many it sent, or the problem that kept it from looking.';
