create or replace function bunkd.has_free_slot(p_schedule bunkd.schedule) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select count(*) from bunkd.slot s
           where s.schedule = p_schedule.name and s.call is not null) < p_schedule.max_in_flight;
end
$$;

comment on function bunkd.has_free_slot(bunkd.schedule) is 'Whether fewer calls hold a slot than max_in_flight.';
