create or replace function bunkd.rescue(p_schedule bunkd.schedule, p_shape record) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_any boolean;
  v_key name;
  v_key_type text;
  v_word text;
  v_error name;
  v_forget boolean;
  v_stuck record;
  v_times integer;
  v_give_up boolean;
  v_note text;
begin
  if p_schedule.rescue_after = '0' then
    return null;
  end if;
  if p_shape.problem is not null or (select c.relkind not in ('r', 'p') from pg_class c where c.oid = p_shape.queue) then
    return null;
  elsif p_shape.started_column is null then
    return (select format('no rescue: %s of %s has no time zone', string_agg(quote_ident(a.attname), ', '), p_shape.queue)
              from pg_attribute a where a.attrelid = p_shape.queue and a.attname in ('started_at', 'claimed_at') and not a.attisdropped
               and a.atttypid = 'timestamp'::regtype
            having count(*) > 0);
  elsif not bunkd.is_indexed(p_shape.queue, p_schedule.status_column, p_schedule.status_active) then
    -- The search reads the whole table: only once every rescue_after, and whenever calls were lost.
    if exists (select from bunkd.last_tick t where t.schedule = p_schedule.name and t.rescued between clock_timestamp() - p_schedule.rescue_after and clock_timestamp())
       and not exists (select from bunkd.call c where c.schedule = p_schedule.name and c.outcome = 'lost'
                          and c.settled > (select t.rescued from bunkd.last_tick t where t.schedule = p_schedule.name)) then
      return null;
    end if;
    insert into bunkd.last_tick as t (schedule, rescued) values (p_schedule.name, clock_timestamp())
    on conflict (schedule) do update set rescued = excluded.rescued;
  end if;
  execute format('select exists (select from %s where %s and %I < clock_timestamp() - $1)', p_shape.queue, p_shape.active, p_shape.started_column)
    into v_any using p_schedule.rescue_after;
  if not v_any then
    return null;
  end if;
  select a.attname, format_type(a.atttypid, a.atttypmod) into v_key, v_key_type
    from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
   where i.indrelid = p_shape.queue and i.indisprimary and i.indnatts = 1;
  if v_key is null then
    return format('no rescue: %s has no primary key of one column', p_shape.queue);
  end if;
  select max(a.attname) filter (where a.attname in ('error_message', 'last_error_message')),
         bool_or(a.attname = p_shape.started_column and not a.attnotnull)
    into v_error, v_forget
    from pg_attribute a where a.attrelid = p_shape.queue and a.attnum > 0 and not a.attisdropped;

  -- What we put back must not count as a job that ended and hand a slot of another call over, of whichever schedule.
  perform set_config(bunkd.wake_setting(s.name), pg_current_xact_id()::text || ' no more', true) from bunkd.schedule s;
  for v_stuck in
    execute format('select %1$I::text as key, %2$s as claims from %3$s where %4$s and %5$I < clock_timestamp() - $1 limit 100 for update skip locked',
      v_key, coalesce(p_shape.claims, '0'), p_shape.queue, p_shape.active, p_shape.started_column)
      using p_schedule.rescue_after
  loop
    begin
      insert into bunkd.rescued_job as r (schedule, job_id) values (p_schedule.name, v_stuck.key)
      on conflict (schedule, job_id) do update set times = r.times + 1, last = clock_timestamp()
      returning r.times into v_times;
      v_give_up := greatest(v_stuck.claims, v_times - 1) >= 3;
      v_word := bunkd.first_word(p_shape.status_type, case when v_give_up then p_schedule.status_failed else p_schedule.status_waiting end);
      if v_word is null then
        raise exception 'none of the words (%) is a value of %', array_to_string(p_schedule.status_failed, ', '), p_shape.status_type;
      end if;
      execute format('update %s set %I = %L%s%s where %I = $1::%s', p_shape.queue, p_schedule.status_column,
          v_word,
          case when v_give_up and v_error is not null then format(', %I = $2', v_error) else '' end,
          case when v_forget and not v_give_up then format(', %I = null', p_shape.started_column) else '' end,
          v_key, v_key_type)
        using v_stuck.key, format('given up by bunkd-db: active for more than %s, for the last of %s times', p_schedule.rescue_after,
                                  greatest(v_stuck.claims, v_times));
    exception when others then  -- a trigger of the application may refuse this job; the others have their turn
      v_note := format('no rescue of job %s: %s', v_stuck.key, sqlerrm);
    end;
  end loop;
  return v_note;
exception when others then  -- no right to write, a lock: the tick goes on
  return format('no rescue: %s', sqlerrm);
end
$$;

comment on function bunkd.rescue(bunkd.schedule, record) is
  'Puts jobs that were active for longer than rescue_after back to waiting, three times at most, then to failed with a message; counted in bunkd.rescued_job, and by Bunkd''s own count of its claims. Only rows that are still active under their row lock. Returns why it could not, or null.';
