create or replace function bunkd.free_slot(p_schedule text, p_n integer) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  update bunkd.slot
     set call = null, request = null, net_queue = null, worker = null, taken = null, expires = null,
         detached = false, jobs_left = 0, progress = null
   where schedule = p_schedule and n = p_n;
end
$$;

comment on function bunkd.free_slot(text, integer) is 'Frees a slot. The caller holds its row lock.';
