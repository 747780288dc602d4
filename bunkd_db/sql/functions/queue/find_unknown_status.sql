create or replace function bunkd.find_unknown_status(p_schedule bunkd.schedule, p_shape bunkd.queue_shape) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_known constant text[] := p_schedule.status_waiting || p_schedule.status_active || p_schedule.status_done
    || p_schedule.status_failed;
  v_other_case constant text[] := array(select distinct o.value from unnest(p_schedule.status_waiting) as w (value)
    cross join lateral unnest(array[upper(w.value), lower(w.value), initcap(w.value)]) as o (value)
      where o.value <> all (v_known));
  v_status constant text := format('%I::%s', p_schedule.status_column, p_shape.status_type);
  v_is_known text := bunkd.write_status_condition(v_status, p_shape.status_type, v_known);
  v_is_other_case constant text := bunkd.write_status_condition(v_status, p_shape.status_type, v_other_case);
  v_sample constant text := format('(select %I from %s limit 2000) as q', p_schedule.status_column, p_shape.queue);
  v_seen record;
  v_found boolean := false;
begin
  if v_is_other_case is not null then
    execute format('select exists (select from %s where %s)', case
        when bunkd.has_index(p_shape.queue, p_schedule.status_column, v_other_case)
          then p_shape.queue::text else v_sample end, v_is_other_case)
      into v_found;
    if v_found then
      return format('rows of %s have a status that differs from %s only in its case', p_shape.queue,
                    array_to_string(p_schedule.status_waiting, ', '));
    end if;
  end if;
  execute format('select count(*) as n, count(*) filter (where %1$s) as known, string_agg(distinct '
                 'coalesce(left(%2$s::text, 40), ''NULL''), '', '') as found from %3$s',
                 v_is_known, v_status, v_sample) into v_seen;
  if v_seen.n = 0 or v_seen.known > 0 then
    return null;
  elsif v_seen.n = 2000 then
    -- There are more than these: look for one that is understood where an index finds it.
    if not bunkd.has_index(p_shape.queue, p_schedule.status_column, v_known) then
      return null;
    end if;
    execute format('select exists (select from %s where %s)', p_shape.queue, v_is_known) into v_found;
  end if;
  return case when not v_found
    then format('no row of %s has a known status value; found: %s', p_shape.queue, left(v_seen.found, 200)) end;
end
$$;

comment on function bunkd.find_unknown_status(bunkd.schedule, bunkd.queue_shape) is
  'For bunkd.find_obstacles: what is wrong with the status values of the queue, null where at least one row is '
  'understood and none waits in another case.';
