create or replace function bunkd.free_detached(p_schedule bunkd.schedule, p_shape bunkd.queue_shape) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_detached bigint;
  v_slot integer;
begin
  select count(*) into v_detached from bunkd.slot s where s.schedule = p_schedule.name and s.detached;
  if v_detached = 0 then
    return;
  end if;
  -- Any active row may be a detached function's: what is beyond them has ended for sure.
  for v_slot in
    select s.n from bunkd.slot s where s.schedule = p_schedule.name and s.detached order by s.taken
     limit v_detached - coalesce(bunkd.count_active(p_schedule, p_shape, p_known => false, p_limit => v_detached),
                                 v_detached)
       for update skip locked
  loop
    perform bunkd.free_slots(p_schedule.name, v_slot);
  end loop;
end
$$;

comment on function bunkd.free_detached(bunkd.schedule, bunkd.queue_shape) is
  'Frees the slots of functions that survived a worker''s call and have ended since, by the number of active rows; '
  'without an index that serves those, a slot is kept until rescue_after.';
