create or replace function bunkd.free_detached(p_schedule bunkd.schedule, p_shape record) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_detached integer;
  v_active integer;
  v_slot integer;
begin
  select count(*) into v_detached from bunkd.slot s where s.schedule = p_schedule.name and s.detached;
  if v_detached = 0 or p_shape.problem is not null or not bunkd.is_indexed(p_shape.queue, p_schedule.status_column, p_schedule.status_active) then
    return;
  end if;
  execute format('select count(*) from (select from %s where %s limit $1) as a', p_shape.queue, bunkd.active_condition(p_schedule, p_shape))
    into v_active using v_detached;
  -- Any active row may be a detached function's: what is beyond them has ended for sure.
  for v_slot in
    select s.n from bunkd.slot s where s.schedule = p_schedule.name and s.detached order by s.taken limit v_detached - v_active for update skip locked
  loop
    perform bunkd.free_slot(p_schedule.name, v_slot);
  end loop;
exception when others then  -- a lock, or a condition of the operator's that no longer fits: dispatch says it
  null;
end
$$;

comment on function bunkd.free_detached(bunkd.schedule, record) is
  'Frees the slots of functions that survived a worker''s call and have ended since, by the number of active rows; without an index that serves those, a slot is kept until rescue_after. p_shape is bunkd.queue_shape''s answer.';
