create or replace function bunkd.sends_by_lanes(p_schedule bunkd.schedule) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(p_schedule.transport_used in ('http', 'both'), false)
$$;

comment on function bunkd.sends_by_lanes(bunkd.schedule) is
  'Whether a schedule has lanes that send its calls, or some.';
