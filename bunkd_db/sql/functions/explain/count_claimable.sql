create or replace function bunkd.count_claimable(p_shape bunkd.queue_shape, p_limit bigint) returns bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_count bigint;
begin
  execute format('select count(*) from (select from %s where %s limit $1) as w', p_shape.queue, p_shape.claimable)
    into v_count using p_limit;
  return v_count;
exception
  when lock_not_available then
    raise;
  when others then  -- a condition of the operator's that fits the rows that plan_calls has met, and not the next one
    return null;
end
$$;

comment on function bunkd.count_claimable(bunkd.queue_shape, bigint) is
  'How many jobs wait that can be claimed, p_limit at most; null: they cannot be counted.';
