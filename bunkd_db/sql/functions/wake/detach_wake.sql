create or replace function bunkd.detach_wake(p_schedule text, p_except regclass default null) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_trigger record;
  v_unused regprocedure;
  v_dropped boolean := false;
begin
  for v_trigger in
    select t.tgname, t.tgrelid::regclass as queue from pg_trigger t
     where t.tgname in ('bunkd_insert_' || p_schedule, 'bunkd_update_' || p_schedule, 'bunkd_delete_' || p_schedule)
       and t.tgparentid = 0 and t.tgrelid is distinct from p_except and /* shared/calls_wake */
  loop
    begin
      execute format('lock table %s in access exclusive mode nowait', v_trigger.queue);
      execute format('drop trigger %I on %s', v_trigger.tgname, v_trigger.queue);
      v_dropped := true;
    exception
      when lock_not_available then
        return format('the wake triggers stay on %1$s for now: it was locked', v_trigger.queue);
      when others then  -- the table may have another owner by now: that must not break a deploy or a tick
        return format('the wake triggers stay on %s: %s', v_trigger.queue, sqlerrm);
    end;
  end loop;
  if v_dropped then
    return null;  -- the queue is locked now, and anybody may hold the function: the next tick drops it
  end if;
  for v_unused in
    select p.oid from pg_proc p
     where /* shared/our_copy */
       and not exists (select from pg_trigger t where t.tgfoid = p.oid)
  loop
    begin
      lock table bunkd.stated in access exclusive mode nowait;  -- see bunkd.attach_wake
      if not exists (select from pg_trigger t where t.tgfoid = v_unused) then
        execute format('drop function %s', v_unused);
      end if;
    exception when others then
      null;  -- it does no harm where it is
    end;
  end loop;
  return null;
end
$$;

comment on function bunkd.detach_wake(text, regclass) is
  'Takes a schedule''s wake off its queue, or off every table but p_except: a former queue. Also drops the copies of '
  'bunkd.on_queue_write that no trigger calls. Never waits for a table: returns what stood in the way, or null.';
