create or replace function bunkd.attach(p_schedule bunkd.schedule) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_shape record;
  v_setting constant text := 'bunkd.wake_' || left(md5(p_schedule.name), 8);
  v_old constant text := 'old.' || quote_ident(p_schedule.status_column);
  v_new constant text := 'new.' || quote_ident(p_schedule.status_column);
  v_trigger record;
  v_locked boolean := false;
begin
  if not p_schedule.wake then
    return bunkd.detach(p_schedule.name);
  end if;
  v_shape := bunkd.queue_shape(p_schedule);
  if v_shape.problem is not null then
    return null;  -- dispatch says it
  elsif (select c.relkind not in ('r', 'p') from pg_class c where c.oid = v_shape.queue) then
    return format('%s is not a table: ticks only, no wake', v_shape.queue);
  elsif not has_table_privilege(v_shape.queue, 'trigger') then
    return format('role %I may not create triggers on %s: ticks only, no wake', current_user, v_shape.queue);
  end if;
  for v_trigger in
    select w.name, w.timing, w.kind, w.event
      from (values
        ('bunkd_insert_' || p_schedule.name, 'for each statement', 'waiting', 'insert'),
        ('bunkd_waiting_' || p_schedule.name, 'for each row when (' || v_old || ' is distinct from ' || v_new || ' and '
           || bunkd.status_condition(v_new, v_shape.status_type, p_schedule.status_waiting) || ')', 'waiting', 'update'),
        ('bunkd_left_' || p_schedule.name, 'for each row when (' || v_old || ' is distinct from ' || v_new || ' and '
           || bunkd.status_condition(v_old, v_shape.status_type, p_schedule.status_active) || ' and ('
           || bunkd.status_condition(v_new, v_shape.status_type, p_schedule.status_active) || ') is not true)', 'left', 'update')
      ) as w (name, timing, kind, event)
     -- the last argument is the definition itself, so that other status words show as a difference
     where w.timing is not null and not exists (
       select from pg_trigger t
        where t.tgrelid = v_shape.queue and t.tgname = w.name and t.tgenabled = 'O' and t.tgfoid = 'bunkd.arm'::regproc
          and t.tgargs = (select string_agg(convert_to(a.word, getdatabaseencoding()) || '\x00', '' order by a.position)
                            from unnest(array[p_schedule.name, v_setting, w.kind, w.event, w.timing]) with ordinality as a (word, position)))
  loop
    if not v_locked then
      begin
        -- nowait: writers must never queue behind us
        execute format('lock table %s in share row exclusive mode nowait', v_shape.queue);
        v_locked := true;
      exception when lock_not_available then
        return format('%s was busy: the next tick attaches the wake', v_shape.queue);
      end;
    end if;
    execute format('create or replace trigger %I after %s on %s %s execute function bunkd.arm(%L, %L, %L, %L, %L)',
      v_trigger.name, v_trigger.event, v_shape.queue, v_trigger.timing,
      p_schedule.name, v_setting, v_trigger.kind, v_trigger.event, v_trigger.timing);
  end loop;
  return null;
end
$$;

comment on function bunkd.attach(bunkd.schedule) is
  'Makes sure of the wake''s triggers on the queue, where they are missing or different: after an upgrade, and when the application has recreated its table. Returns why there is no wake, or null. Never waits for a lock.';
