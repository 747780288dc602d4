create or replace function bunkd.count_created(p_shape bunkd.queue_shape, p_window text, p_limit integer) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set enable_bitmapscan = off  -- a bitmap is made whole before the first row
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_counts jsonb;
begin
  if p_window is null or p_shape.created_column is null then
    return null;
  end if;
  execute format('select jsonb_build_object(
      ''last_hour'', (select count(*)
                      from (select from %1$s where %2$I > $2 - interval ''1 hour'' and %2$I <= $2 limit $1) as h),
      ''day_before'', (select count(*)
                       from (select from %1$s where %2$I > $2 - interval ''25 hours''
                             and %2$I <= $2 - interval ''1 hour'' limit $1) as d))',
    p_shape.queue, p_shape.created_column) into v_counts using p_limit, clock_timestamp();
  return v_counts || jsonb_build_object('limit', p_limit);
end
$$;

comment on function bunkd.count_created(bunkd.queue_shape, text, integer) is
  'For bunkd.read_status: how many jobs were created in the last hour and in the 24 hours before it, p_limit of each '
  'at most; null where no index finds them.';
