create or replace function bunkd.read_backlog(p_schedule bunkd.schedule, p_shape bunkd.queue_shape, p_window text,
                                              p_limit integer) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set enable_bitmapscan = off  -- a bitmap is made whole before the first row
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_indexed boolean;
  v_waiting jsonb;
  v_more jsonb;
  v_active jsonb;
begin
  -- One look at the rows that wait: however many of them can never be claimed, it reads no more than p_limit.
  v_indexed := bunkd.has_index(p_shape.queue, p_schedule.status_column, p_schedule.status_waiting);
  if v_indexed or p_window is not null then
    execute format('select jsonb_build_object(''claimable'', count(*) filter (where o.claimable), ''never_claimable'',
                   count(*) filter (where not o.claimable),
                           ''oldest_seconds'', extract(epoch from clock_timestamp() - min(o.at)
                                                       filter (where o.claimable and isfinite(o.at))),
                           ''exact'', $2 and count(*) < $1)
                      from (select coalesce((%1$s), false) as claimable, %2$s as at from %3$s where %4$s
                            limit $1) as o',
                   p_shape.claimable, coalesce(quote_ident(p_shape.created_column), 'null::timestamptz'),
                   case when v_indexed then p_shape.queue::text else p_window end, p_shape.waiting)
      into v_waiting using p_limit, v_indexed;
    -- All of those can never be claimed, but others may wait behind them: the tick looks for them too.
    if v_indexed and (v_waiting ->> 'never_claimable')::bigint = p_limit then
      execute format('select jsonb_build_object(''claimable'', count(*), ''oldest_seconds'',
                     extract(epoch from clock_timestamp() - min(o.at) filter (where isfinite(o.at))))
                        from (select %1$s as at from %2$s where %3$s limit $1) as o',
                     coalesce(quote_ident(p_shape.created_column), 'null::timestamptz'), p_shape.queue,
                       p_shape.claimable)
        into v_more using p_limit;
      v_waiting := v_waiting || v_more;
    end if;
  end if;
  v_indexed := bunkd.has_index(p_shape.queue, p_schedule.status_column, p_schedule.status_active);
  if v_indexed or p_window is not null then
    execute format('select jsonb_build_object(''count'', count(*),
                           ''oldest_seconds'', extract(epoch from clock_timestamp() - min(o.at)
                                                       filter (where isfinite(o.at))),
                           ''slow'', count(*) filter (where o.at < clock_timestamp() - interval ''1 minute''),
                           ''stuck'', case when $3 is not null then count(*)
                             filter (where o.at < clock_timestamp() - $3) end,
                           ''exact'', $2 and count(*) < $1)
                      from (select %1$s as at from %2$s where %3$s limit $1) as o',
                   coalesce(quote_ident(p_shape.started_column), 'null::timestamptz'),
                   case when v_indexed then p_shape.queue::text else p_window end, p_shape.active)
      into v_active using p_limit, v_indexed, bunkd.find_rescue_limit(p_schedule);
  end if;
  return jsonb_build_object('waiting', v_waiting, 'active', v_active);
end
$$;

comment on function bunkd.read_backlog(bunkd.schedule, bunkd.queue_shape, text, integer) is
  'For bunkd.read_status: what waits and what is active, since when, and what of it will not move by itself. Reads '
  'p_limit rows of each at most; where no index serves them only those of p_window (bunkd.write_window), and then '
  'they are not exact. Null where neither is there.';
