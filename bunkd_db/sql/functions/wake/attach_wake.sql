create or replace function bunkd.attach_wake(p_schedule bunkd.schedule, p_shape bunkd.queue_shape) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  -- Its locks last until the commit of the session that is served: a worker of another role could keep the writers out.
  v_may_lock constant boolean := pg_has_role(session_user, current_user, /* shared/can_become */);
  v_is_table boolean;
  v_is_owned boolean;
  v_function oid;
  v_args bytea;
  v_event text;
begin
  if not p_schedule.wake or p_schedule.transport_used = 'http' then  -- lanes look by themselves
    return case when v_may_lock then bunkd.detach_wake(p_schedule.name) end;
  end if;
  if p_shape.problem is not null then
    return null;  -- dispatch says it
  elsif (select c.relhassubclass from pg_class c where c.oid = p_shape.queue)
        and exists (with recursive below (oid) as (
                      select p_shape.queue::oid
                      union
                      select i.inhrelid from below b join pg_inherits i on i.inhparent = b.oid)
                    select from below b join pg_class c on c.oid = b.oid where c.relkind = 'f') then
    -- PostgreSQL refuses an update or a delete of its rows where a trigger asks for the rows that changed
    return concat_ws('; ', format('no wake, only ticks: %s has a foreign table as a partition or child', p_shape.queue),
                     case when v_may_lock then bunkd.detach_wake(p_schedule.name) end);
  end if;
  select c.relkind in ('r', 'p'), pg_has_role(c.relowner, 'usage') into v_is_table, v_is_owned
    from pg_class c where c.oid = p_shape.queue;
  v_function := bunkd.keep_wake_function(p_shape.queue, v_is_table and v_is_owned and v_may_lock);
  v_args := convert_to(p_schedule.name, getdatabaseencoding()) || E'\\x00'
    || convert_to(p_schedule.status_column, getdatabaseencoding()) || E'\\x00'
    || convert_to(p_schedule.status_waiting::text, getdatabaseencoding()) || E'\\x00'
    || convert_to(p_schedule.status_active::text, getdatabaseencoding()) || E'\\x00';
  if (select count(*) from pg_trigger t
       where t.tgrelid = p_shape.queue and t.tgenabled = 'O' and t.tgargs = v_args
         and (t.tgfoid = v_function or not v_may_lock and t.tgfoid = 'bunkd.on_queue_write'::regproc)
         and t.tgname in ('bunkd_insert_' || p_schedule.name, 'bunkd_update_' || p_schedule.name,
                          'bunkd_delete_' || p_schedule.name)) = 3 then
    if not exists (select from pg_trigger t where t.tgrelid = to_regclass('bunkd.wake') and t.tgname = 'at_commit'
                   and t.tgenabled = 'O') then
      return 'no wake, only ticks: the trigger at_commit on bunkd.wake is off or gone. Put it back: bunkd-db upgrade';
    end if;
    -- another table was the queue, or was renamed
    return case when v_may_lock then bunkd.detach_wake(p_schedule.name, p_shape.queue) end;
  elsif not v_is_table then
    return format('no wake, only ticks: %s is not a table', p_shape.queue);
  elsif not v_is_owned then
    -- who has only the right to create triggers could never take them off again
    return format('no wake, only ticks: role %I does not own %s', current_user, p_shape.queue);
  elsif not v_may_lock then
    return format('the wake triggers on %s are not installed yet. Install them: bunkd-db upgrade', p_shape.queue);
  end if;
  begin
    -- nowait: writers must never queue behind us
    execute format('lock table %s in share row exclusive mode nowait', p_shape.queue);
    -- bunkd.detach_wake must not drop the function meanwhile: PostgreSQL would let it, and the next write would fail
    lock table bunkd.stated in row exclusive mode nowait;
    -- Transition tables, not WHEN: a trigger that names a column stands in the way of the application's ALTER TABLE.
    foreach v_event in array array['insert', 'update', 'delete'] loop
      execute format('create or replace trigger %I after %s on %s %s for each statement'
                     ' execute function %s(%L, %L, %L, %L)',
        concat('bunkd_', v_event, '_', p_schedule.name), v_event, p_shape.queue,
        case v_event when 'update' then 'referencing old table as old_rows new table as new_rows'
                     when 'delete' then 'referencing old table as old_rows' else '' end,
        v_function::regproc, p_schedule.name, p_schedule.status_column, p_schedule.status_waiting,
        p_schedule.status_active);
    end loop;
  exception
    when lock_not_available then
      return format('the wake triggers are not installed yet: %s was locked; %s retries', p_shape.queue,
                    case when p_schedule.mode = 'external'
                      and exists (select from bunkd.access a where a.kind = 'worker')
                         then 'the next bunkd-db upgrade' else 'the next tick' end);
    when others then  -- a wake that cannot be had must not break a deploy or a tick
      return format('no wake, only ticks: the triggers on %s could not be created: %s', p_shape.queue, sqlerrm);
  end;
  return null;
end
$$;

comment on function bunkd.attach_wake(bunkd.schedule, bunkd.queue_shape) is
  'Makes sure of the wake''s triggers on the queue, where they are missing or different: after an upgrade, and when '
  'the application has recreated its table. Returns why there is no wake, or null. Never waits for a lock, and takes '
  'none in an exchange of a role that is not ours.';
