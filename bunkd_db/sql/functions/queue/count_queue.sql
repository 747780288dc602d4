create or replace function bunkd.count_queue(
  p_schedule text,
  out waiting bigint,
  out active bigint,
  out never_claimable bigint,
  out oldest_wait interval,
  out problem text
)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_schedule bunkd.schedule;
  v_shape bunkd.queue_shape;
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  v_shape := bunkd.read_queue_shape(v_schedule);
  problem := v_shape.problem;
  -- Without an index each count would read the whole table, at every look at the view.
  if problem is null and bunkd.has_index(v_shape.queue, v_schedule.status_column, v_schedule.status_waiting) then
    execute format(
      'select (select count(*) from (select from %1$s where %2$s limit 10000) as w),
              (select count(*) filter (where not n.claimable)
               from (select coalesce((%2$s), false) as claimable from %1$s where %3$s limit 10000) as n)',
      v_shape.queue, v_shape.claimable, v_shape.waiting)
      into waiting, never_claimable;
  end if;
  if problem is null and bunkd.has_index(v_shape.queue, v_schedule.status_column, v_schedule.status_active) then
    execute format('select count(*) from (select from %s where %s limit 10000) as a', v_shape.queue, v_shape.active)
      into active;
  end if;
  if v_shape.created_column is not null and waiting > 0 then
    execute format('select clock_timestamp() - min(o.at) filter (where isfinite(o.at)) from (select %1$I as at from '
                   '%2$s where %3$s limit 10000) as o',
                   v_shape.created_column, v_shape.queue, v_shape.claimable)
      into oldest_wait;
  end if;
  -- Takes the lock on the queue back: whoever reads the view in a transaction that stays open must not keep the
  -- application from changing its table.
  raise exception using errcode = 'BUNKD', message = 'counted';
exception
  when sqlstate 'BUNKD' then
    null;
  when lock_not_available then
    problem := format('%s is locked', v_shape.queue);
  when others then
    problem := bunkd.write_read_problem(v_shape.queue, sqlstate, sqlerrm);
end
$$;

comment on function bunkd.count_queue(text) is
  'A queue by state, for bunkd.status; counts stop at 10,000, never_claimable is of the first 10,000 that wait, and '
  'they are null where no index serves the status. Keeps no lock. SECURITY DEFINER, because a view''s functions run '
  'as its reader, who need not be able to read the queue.';
