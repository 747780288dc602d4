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
  v_column name;
begin
  if p_schedule.queue_where is null then  -- then only the count of its claims keeps it out
    rule := row('NOT_CLAIMABLE', format('it was claimed %s times before, and is not claimed again', p_row ->> 'claims'),
      'Find out in the function''s log why it never ended'
        || case when v_again = '{}' then '.' else '; then let it be claimed again:' end,
      v_again);
    return;
  end if;
  if v_named is not null then
    -- a time that is to come, in a column that the condition names
    for v_column in
      select a.attname from pg_attribute a
       where a.attrelid = p_shape.queue and a.attnum > 0 and not a.attisdropped and a.atttypid = 'timestamptz'::regtype
         and a.attname = any (regexp_split_to_array(p_schedule.queue_where, E'[^A-Za-z0-9_$]+')) order by a.attnum
    loop
      execute format('select o.%1$I from %2$s as o where o.%3$s and o.%1$I > clock_timestamp() and isfinite(o.%1$I)',
                     v_column, p_shape.queue, v_named) into next_at;
      if next_at is not null then
        rule := row('NOT_YET',
          format('its %I is in the future, and BUNKD_QUEUE_WHERE names that column: %s', v_column, v_where),
          'Wait; or bring the time forward:',
          array[format('update %s set %I = now() where %s;', p_shape.queue, v_column, v_named)]);
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
