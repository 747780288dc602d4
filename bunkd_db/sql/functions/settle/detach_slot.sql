create or replace function bunkd.detach_slot(p_schedule bunkd.schedule, p_n integer) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  update bunkd.slot
     set detached = true, expires = taken + coalesce(nullif(p_schedule.rescue_after, '0'), interval '10 minutes')
   where schedule = p_schedule.name and n = p_n;
end
$$;

comment on function bunkd.detach_slot(bunkd.schedule, integer) is
  'Keeps the slot of a call that timed out for the function that goes on working, until its job ends or rescue_after. '
  'The caller holds its row lock.';
