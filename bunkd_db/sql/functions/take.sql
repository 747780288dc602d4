create or replace function bunkd.take(p_schedule bunkd.schedule, p_reason text, p_calls integer, p_worker text) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_slot integer;
  v_call bigint;
  v_calls jsonb := '[]';
begin
  for v_slot in
    select s.n from bunkd.slot s
     where s.schedule = p_schedule.name and s.request is null and s.n <= p_schedule.max_in_flight
     order by s.n limit p_calls for update skip locked
  loop
    insert into bunkd.call (schedule, reason, worker) values (p_schedule.name, p_reason, p_worker) returning id into v_call;
    -- a negative id is never one of pg_net's
    update bunkd.slot
       set call = v_call, request = -v_call, worker = p_worker, taken = clock_timestamp(),
           expires = clock_timestamp() + make_interval(secs => p_schedule.timeout_ms / 1000.0 + 5)
     where schedule = p_schedule.name and n = v_slot;
    v_calls := v_calls || jsonb_build_object('call', v_call, 'reason', p_reason);
  end loop;
  return v_calls;
end
$$;

comment on function bunkd.take(bunkd.schedule, text, integer, text) is
  'Takes up to p_calls free slots for a worker, which sends the calls. It has to say how they ended before timeout_ms and 5 s are over, else its slots go to others.';
