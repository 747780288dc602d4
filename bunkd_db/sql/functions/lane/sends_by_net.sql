create or replace function bunkd.sends_by_net(p_schedule bunkd.schedule) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select p_schedule.mode = 'native' and p_schedule.transport_used is distinct from 'http'
$$;

comment on function bunkd.sends_by_net(bunkd.schedule) is 'Whether pg_net sends the calls of a schedule, or some.';
