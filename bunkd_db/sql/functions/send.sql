create or replace function bunkd.send(p_schedule bunkd.schedule, p_reason text, p_calls integer) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_headers constant jsonb := bunkd.request_headers(p_schedule);
  v_slot integer;
  v_call bigint;
  v_request bigint;
  v_sent integer := 0;
begin
  for v_slot in
    select s.n from bunkd.slot s
     where s.schedule = p_schedule.name and s.request is null and s.n <= p_schedule.max_in_flight
     order by s.n limit p_calls for update skip locked
  loop
    v_call := nextval('bunkd.call_id_seq');
    v_request := net.http_post(
      url := p_schedule.url,
      body := p_schedule.body,
      headers := v_headers || jsonb_build_object('X-Bunkd-Call', v_call::text, 'X-Bunkd-Reason', p_reason),
      timeout_milliseconds := p_schedule.timeout_ms);
    insert into bunkd.call (id, schedule, reason, request) values (v_call, p_schedule.name, p_reason, v_request);
    update bunkd.slot
       set call = v_call, request = v_request, net_queue = 'net.http_request_queue'::regclass, taken = clock_timestamp()
     where schedule = p_schedule.name and n = v_slot;
    v_sent := v_sent + 1;
  end loop;
  return v_sent;
end
$$;

comment on function bunkd.send(bunkd.schedule, text, integer) is
  'Takes up to p_calls free slots and sends one call for each. Returns how many: another session may have been quicker.';
