create or replace function bunkd.has_free_slot(p_schedule text, p_max_in_flight integer) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select count(*) from bunkd.slot s
           where s.schedule = p_schedule and s.call is not null) < p_max_in_flight;
end
$$;

comment on function bunkd.has_free_slot(text, integer) is 'Whether fewer calls hold a slot than max_in_flight.';
