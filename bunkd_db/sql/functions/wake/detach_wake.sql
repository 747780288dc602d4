create or replace function bunkd.detach_wake(p_schedule text, p_except regclass default null) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_trigger record;
begin
  for v_trigger in
    select t.tgname, t.tgrelid::regclass as queue from pg_trigger t
     where t.tgfoid = 'bunkd.on_queue_write'::regproc and t.tgparentid = 0 and t.tgrelid is distinct from p_except
       and t.tgname in ('bunkd_insert_' || p_schedule, 'bunkd_update_' || p_schedule, 'bunkd_delete_' || p_schedule)
  loop
    begin
      execute format('lock table %s in access exclusive mode nowait', v_trigger.queue);
      execute format('drop trigger %I on %s', v_trigger.tgname, v_trigger.queue);
    exception
      when lock_not_available then
        return format('the wake triggers stay on %1$s for now: it was locked', v_trigger.queue);
      when others then  -- the table may have another owner by now: that must not break a deploy or a tick
        return format('the wake triggers stay on %s: %s', v_trigger.queue, sqlerrm);
    end;
  end loop;
  return null;
end
$$;

comment on function bunkd.detach_wake(text, regclass) is
  'Takes a schedule''s wake off its queue, or off every table but p_except: a former queue. Never waits for a lock: '
  'returns what stood in the way, or null.';
