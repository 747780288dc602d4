create or replace function bunkd.attach(p_schedule bunkd.schedule) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_shape record;
  v_names constant text[] := array['bunkd_insert_', 'bunkd_waiting_', 'bunkd_left_'];
  v_setting constant text := 'bunkd.wake_' || left(md5(p_schedule.name), 8);
  v_old constant text := 'old.' || quote_ident(p_schedule.status_column);
  v_new constant text := 'new.' || quote_ident(p_schedule.status_column);
  v_reads text;
begin
  if not p_schedule.wake then
    return bunkd.detach(p_schedule.name);
  end if;
  v_shape := bunkd.queue_shape(p_schedule);
  if v_shape.problem is not null then
    return null;  -- dispatch says it
  end if;
  -- The triggers carry what they read as their last argument, so that other status words show as a difference.
  v_reads := format('%s %s: %s; %s', p_schedule.status_column, v_shape.status_type,
                    array_to_string(p_schedule.status_waiting, ','), array_to_string(p_schedule.status_active, ','));
  if (select count(*) from pg_trigger t
       where t.tgrelid = v_shape.queue and t.tgfoid = 'bunkd.arm'::regproc and t.tgenabled = 'O'
         and t.tgname = any (array(select n || p_schedule.name from unnest(v_names) as n))
         and position(convert_to(v_reads, getdatabaseencoding()) in t.tgargs) > 0) = 3 then
    return bunkd.detach(p_schedule.name, v_shape.queue);  -- another table was the queue, or was renamed
  elsif (select c.relkind not in ('r', 'p') from pg_class c where c.oid = v_shape.queue) then
    return format('%s is not a table: ticks only, no wake', v_shape.queue);
  elsif (select not pg_has_role(c.relowner, 'usage') from pg_class c where c.oid = v_shape.queue) then
    -- who has only the right to create triggers could never take them off again
    return format('role %I does not own %s: ticks only, no wake', current_user, v_shape.queue);
  end if;
  begin
    -- nowait: writers must never queue behind us
    execute format('lock table %s in share row exclusive mode nowait', v_shape.queue);
    execute format('create or replace trigger %I after insert on %s for each statement execute function bunkd.arm(%L, %L, %L, %L)',
      v_names[1] || p_schedule.name, v_shape.queue, p_schedule.name, v_setting, 'waiting', v_reads);
    execute format('create or replace trigger %I after update on %s for each row when (%s is distinct from %s and %s) execute function bunkd.arm(%L, %L, %L, %L)',
      v_names[2] || p_schedule.name, v_shape.queue, v_old, v_new,
      bunkd.status_condition(v_new, v_shape.status_type, p_schedule.status_waiting),
      p_schedule.name, v_setting, 'waiting', v_reads);
    execute format('create or replace trigger %I after update on %s for each row when (%s and (%s) is not true) execute function bunkd.arm(%L, %L, %L, %L)',
      v_names[3] || p_schedule.name, v_shape.queue,
      coalesce(bunkd.status_condition(v_old, v_shape.status_type, p_schedule.status_active), 'false'),
      coalesce(bunkd.status_condition(v_new, v_shape.status_type, p_schedule.status_active), 'false'),
      p_schedule.name, v_setting, 'left', v_reads);
  exception
    when lock_not_available then
      return format('%s was busy: the next tick attaches the wake', v_shape.queue);
    when others then  -- a wake that cannot be had must not break a deploy or a tick
      return format('no wake on %s, ticks only: %s', v_shape.queue, sqlerrm);
  end;
  return null;
end
$$;

comment on function bunkd.attach(bunkd.schedule) is
  'Makes sure of the wake''s triggers on the queue, where they are missing or different: after an upgrade, and when the application has recreated its table. Returns why there is no wake, or null. Never waits for a lock.';
