create or replace function bunkd.dispatch(p_schedule text, p_reason text, p_left integer default 0) returns integer
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
  v_budget record;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  if not v_schedule.wake or bunkd.fence(v_schedule) is not null then
    return 0;
  elsif v_schedule.mode = 'external' then
    perform bunkd.call_workers(v_schedule);
    return 0;
  elsif v_schedule.mode is distinct from 'native' or to_regclass('net.http_request_queue') is null then
    return 0;
  end if;
  v_budget := bunkd.budget(v_schedule, null, p_reason, p_left);
  return case when v_budget.calls > 0 then bunkd.send(v_schedule, v_budget.reason, v_budget.calls) else 0 end;
end
$$;

comment on function bunkd.dispatch(text, text, integer) is
  'What a write to the queue causes: gives the slots of p_left finished jobs back and sends one call per free slot for the jobs that wait; where workers make the calls, it tells them. Returns how many calls it sent.';
