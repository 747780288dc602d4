create or replace function bunkd.count_statuses(p_schedule bunkd.schedule, p_shape bunkd.queue_shape, p_limit integer)
  returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set enable_bitmapscan = off  -- a bitmap is made whole before the first row
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_status constant text := format('%I::%s', p_schedule.status_column, p_shape.status_type);
  v_kind record;
  v_counts jsonb;
  v_total bigint;
  v_all jsonb := '[]';
begin
  for v_kind in
    select k.kind, k.values, bunkd.write_status_condition(
             case when a.atttypid = p_shape.status_type then quote_ident(p_schedule.status_column) else v_status end,
               p_shape.status_type, k.values) as condition
      from (values ('waiting', p_schedule.status_waiting), ('active', p_schedule.status_active),
                   ('done', p_schedule.status_done), ('failed', p_schedule.status_failed)) as k (kind, values)
      join pg_attribute a on a.attrelid = p_shape.queue and a.attname = p_schedule.status_column
  loop
    v_counts := null;
    if v_kind.condition is not null and bunkd.has_index(p_shape.queue, p_schedule.status_column, v_kind.values) then
      execute format('select jsonb_object_agg(g.value, g.rows), sum(g.rows)
                        from (select l.value, count(*) as rows
                                from (select %s::text as value from %s where %s limit $1) as l group by l.value) as g',
                     v_status, p_shape.queue, v_kind.condition) into v_counts, v_total using p_limit;
      v_counts := coalesce(v_counts, '{}');
      v_total := coalesce(v_total, 0);
    end if;
    v_all := v_all || coalesce((
      select jsonb_agg(jsonb_build_object(
               'value', v.value, 'first', v.value = v_kind.values[1], 'kind', v_kind.kind,
               'count', case when v_counts is null or e.rows > p_limit and v_total = p_limit then e.rows
                 else coalesce((v_counts ->> v.value)::bigint, 0) end,
               'exact', v_counts is not null and v_total < p_limit,
               'at_least', v_counts is not null and v_total = p_limit and coalesce(e.rows <= p_limit, true)))
        from unnest(v_kind.values) as v (value)
       cross join lateral (
         select case when v_counts is null or v_total = p_limit
                then bunkd.estimate_rows(p_shape.queue, p_schedule.status_column, v.value) end as rows) as e), '[]');
  end loop;
  return v_all;
end
$$;

comment on function bunkd.count_statuses(bunkd.schedule, bunkd.queue_shape, integer) is
  'For bunkd.read_status: how many rows have each known status value. exact: all were counted. at_least: there are '
  'more than p_limit of this kind. Neither: by the planner''s statistics, null where they do not tell.';
