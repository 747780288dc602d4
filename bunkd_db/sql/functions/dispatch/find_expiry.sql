create or replace function bunkd.find_expiry(p_schedule bunkd.schedule) returns timestamptz
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  return clock_timestamp() + make_interval(secs => p_schedule.timeout_ms / 1000.0 + 5);
end
$$;

comment on function bunkd.find_expiry(bunkd.schedule) is
  'When a worker or a lane that takes a call now loses its slot, if it has not said by then how the call ended.';
