create or replace function bunkd.find_bound(p_schedule bunkd.schedule) returns integer
language plpgsql immutable parallel safe  -- a SQL function would be planned anew at every call
set search_path = pg_catalog, pg_temp
as $$
begin
  return case p_schedule.transport_used
    when 'http' then least(p_schedule.max_in_flight, p_schedule.lanes)
    when 'both' then least(p_schedule.max_in_flight, p_schedule.lanes + 1)
    else p_schedule.max_in_flight end;
end
$$;

comment on function bunkd.find_bound(bunkd.schedule) is
  'How many calls can be under way at once: max_in_flight, and no more than there are lanes to send them, and pg_net '
  'for one.';
