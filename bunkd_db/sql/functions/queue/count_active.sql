create or replace function bunkd.count_active(
  p_schedule bunkd.schedule,
  p_shape bunkd.queue_shape,
  p_known boolean,
  p_limit bigint
) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_count bigint;
begin
  if p_shape.problem is not null
    or not bunkd.has_index(p_shape.queue, p_schedule.status_column, p_schedule.status_active) then
    return null;
  end if;
  execute format('select count(*) from (select from %s where %s limit $1) as a', p_shape.queue,
                 bunkd.write_active_condition(p_schedule, p_shape, p_known))
    into v_count using p_limit;
  return v_count;
exception when others then  -- a lock, or a condition of the operator's that no longer fits: the plan says it
  return null;
end
$$;

comment on function bunkd.count_active(bunkd.schedule, bunkd.queue_shape, boolean, bigint) is
  'How many rows a function is at work on, p_limit at most, by bunkd.write_active_condition; null where that cannot '
  'be told at once.';
