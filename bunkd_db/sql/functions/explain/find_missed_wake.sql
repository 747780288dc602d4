create or replace function bunkd.find_missed_wake(p_schedule bunkd.schedule, p_since timestamptz) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_problem text;
begin
  select t.wake_problem into v_problem from bunkd.last_tick t where t.schedule = p_schedule.name;
  return case
    when exists (select from bunkd.call c where c.schedule = p_schedule.name and c.sent >= p_since)
      then 'no call that was made since it was queued has claimed it'
    when not p_schedule.wake then 'writes to the queue cause no call (BUNKD_WAKE is off)'
    when p_schedule.transport_used = 'http'
      then 'no lane has called for it: none was free, or no index serves the waiting jobs'
    when v_problem is not null then 'writes to the queue cause no call: ' || v_problem
    when p_schedule.mode = 'native' and bunkd.find_filled_queue(p_schedule) is not null
      then 'writes to the queue cause no call while net.http_request_queue is larger than 64 MB'
    else 'no write has caused a call, which happens if its transaction was repeatable read or serializable, '
      'or if the job was not claimable yet'
  end;
end
$$;

comment on function bunkd.find_missed_wake(bunkd.schedule, timestamptz) is
  'Why a job waits for the tick, as far as is known: nobody records how a transaction was isolated.';
