create or replace function bunkd.start_calls(
  p_schedule bunkd.schedule,
  p_reason text,
  p_calls integer,
  p_worker text default null
) returns bigint[]
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_slots integer[];
  v_calls bigint[];
  v_requests bigint[];
  v_worker text := p_worker;
  v_progress bigint;
  v_expires timestamptz;
begin
  -- what a tick, a write or a person starts: whichever lane is free sends it, or pg_net, where it would at once
  if p_worker is null and bunkd.sends_by_lanes(p_schedule) then
    if p_schedule.transport_used = 'both' and (p_calls = 1 or p_reason = 'wake') and bunkd.is_net_free() then
      p_calls := 1;
    elsif p_schedule.transport_used = 'both' and p_reason = 'wake' then
      return '{}';  -- a lane looks
    else
      v_worker := 'lanes';
      p_calls := least(p_calls, p_schedule.lanes - bunkd.count_busy_lanes(p_schedule.name));
    end if;
  end if;
  select array_agg(t.n), array_agg(nextval('bunkd.call_id_seq')) into v_slots, v_calls
    from (select s.n from bunkd.slot s
           where s.schedule = p_schedule.name and s.call is null and s.n <= p_schedule.max_in_flight
           order by s.n limit p_calls for update skip locked) as t;
  if v_slots is null then
    return '{}';
  end if;
  if v_worker is null then
    v_requests := bunkd.post_calls(p_schedule, v_calls, p_reason);
  end if;
  insert into bunkd.call (id, schedule, reason, request, worker, endpoint_since)
  select c.id, p_schedule.name, p_reason, c.request, v_worker, p_schedule.endpoint_since
    from unnest(v_calls, v_requests) as c (id, request);
  v_progress := bunkd.read_progress(p_schedule.name);
  if v_worker is not null then
    v_expires := bunkd.find_expiry(p_schedule);
  end if;
  update bunkd.slot s
     set call = c.id, request = c.request, worker = v_worker, taken = clock_timestamp(), progress = v_progress,
         net_queue = case when v_worker is null then to_regclass('net.http_request_queue') end, expires = v_expires
    from unnest(v_slots, v_calls, v_requests) as c (n, id, request)
   where s.schedule = p_schedule.name and s.n = c.n;
  return v_calls;
end
$$;

comment on function bunkd.start_calls(bunkd.schedule, text, integer, text) is
  'Takes up to p_calls free slots, writes the ledger, and hands the calls to pg_net, to the lanes, or to '
  'p_worker, which sends them. Returns their ids: another session may have been quicker.';
