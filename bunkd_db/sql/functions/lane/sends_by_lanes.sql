create or replace function bunkd.sends_by_lanes(p_schedule bunkd.schedule) returns boolean
language plpgsql immutable parallel safe  -- a SQL function would be planned anew at every call
set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce(p_schedule.transport_used in ('http', 'both'), false);
end
$$;

comment on function bunkd.sends_by_lanes(bunkd.schedule) is
  'Whether a schedule has lanes that send its calls, or some.';
