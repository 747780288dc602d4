create or replace function bunkd.sends_by_net(p_schedule bunkd.schedule) returns boolean
language plpgsql immutable parallel safe  -- a SQL function would be planned anew at every call
set search_path = pg_catalog, pg_temp
as $$
begin
  return p_schedule.mode = 'native' and p_schedule.transport_used is distinct from 'http';
end
$$;

comment on function bunkd.sends_by_net(bunkd.schedule) is 'Whether pg_net sends the calls of a schedule, or some.';
