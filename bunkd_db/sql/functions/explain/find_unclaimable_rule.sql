create or replace function bunkd.find_unclaimable_rule(
  p_schedule bunkd.schedule,
  p_shape bunkd.queue_shape,
  p_row jsonb,
  out rule bunkd.obstacle,
  out next_at timestamptz
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_named constant text := p_row ->> 'named';
  v_again constant text[] := bunkd.write_requeue(p_schedule, p_shape, p_row);
  v_where constant text := left(p_schedule.queue_where, 200);
  v_times text;
  v_columns name[];
  v_ats timestamptz[];
begin
  if p_schedule.queue_where is null then  -- then only the count of its claims keeps it out
    rule := row('NOT_CLAIMABLE', format('it was claimed %s times before, and is not claimed again', p_row ->> 'claims'),
      'Find out in the function''s log why it never ended'
        || case when v_again = '{}' then '.' else '; then let it be claimed again:' end,
      v_again);
    return;
  end if;
  if v_named is not null then
    -- times that are to come, in columns that the condition names: each with those before it, as they will pass
    select string_agg(format('(%L::name, o.%I)', a.attname, a.attname), ', ') into v_times
      from pg_attribute a
     where a.attrelid = p_shape.queue and a.attnum > 0 and not a.attisdropped and a.atttypid = 'timestamptz'::regtype
       and a.attname = any (regexp_split_to_array(p_schedule.queue_where, E'[^A-Za-z0-9_$]+'));
    if v_times is not null then
      execute format('select array_agg(t.name order by t.at, t.name), array_agg(least(t.at, %L) order by t.at, t.name)
                        from %s as o cross join lateral (values %s) as t (name, at)
                       where o.%s and t.at > clock_timestamp() and isfinite(t.at)',
                     '200000-01-01', p_shape.queue, v_times, v_named) into v_columns, v_ats;
    end if;
    for v_n in 1 .. coalesce(cardinality(v_columns), 0) loop
      if bunkd.is_claimable_after(p_shape, v_named, v_columns[:v_n]) is not false then
        next_at := v_ats[v_n];
        rule := row('NOT_YET',
          format('its %I is in the future, and BUNKD_QUEUE_WHERE names that column: %s', v_columns[v_n], v_where),
          'Wait; or bring the time forward:',
          array[format('update %s set %I = now() where %s;', p_shape.queue, v_columns[v_n], v_named)]);
        return;
      end if;
    end loop;
  end if;
  rule := row('NOT_CLAIMABLE', 'BUNKD_QUEUE_WHERE does not hold for it: ' || v_where,
    'Change the job so that the condition holds, or correct the setting and upgrade.'
      || case when v_named is null then '' else ' To see the job:' end,
    case when v_named is null then '{}' else array[format('select * from %s where %s;', p_shape.queue, v_named)] end);
end
$$;

comment on function bunkd.find_unclaimable_rule(bunkd.schedule, bunkd.queue_shape, jsonb) is
  'Why no call would claim a job that waits; next_at is from when on it can, where a time in it says so.';
