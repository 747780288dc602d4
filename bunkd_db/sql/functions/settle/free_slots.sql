create or replace function bunkd.free_slots(p_schedule text, variadic p_slots integer[]) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  update bunkd.slot
     set call = null, request = null, net_queue = null, worker = null, taken = null, expires = null,
         detached = false, jobs_left = 0, progress = null
   where schedule = p_schedule and n = any (p_slots);
end
$$;

comment on function bunkd.free_slots(text, integer[]) is 'Frees these slots. The caller holds their row locks.';
