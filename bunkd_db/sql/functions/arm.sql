create or replace function bunkd.arm() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_setting constant text := tg_argv[1];
  v_xid text;
  v_state text[];
  v_left constant integer := case when tg_argv[2] = 'left' then 1 else 0 end;
begin
  -- Anything stricter could fail the writer's commit with 40001: such a job waits for the tick.
  if current_setting('transaction_isolation') <> 'read committed' then
    return null;
  end if;
  v_xid := pg_current_xact_id()::text;
  v_state := string_to_array(current_setting(v_setting, true), ' ');
  if v_state[1] is not distinct from v_xid then
    if v_left > 0 then
      perform set_config(v_setting, v_xid || ' ' || (v_state[2]::integer + v_left), true);
    end if;
    return null;
  end if;
  begin
    perform set_config(v_setting, v_xid || ' ' || v_left, true);  -- first: after SET CONSTRAINTS IMMEDIATE the insert dispatches
    insert into bunkd.wake (schedule, setting) values (tg_argv[0], v_setting);
  exception when others then  -- a wake never fails the application's write; it is counted, and the tick comes
    perform set_config(v_setting, v_xid || ' 0', true);  -- or every further row would wait for the same lock
    perform nextval('bunkd.wake_failed');
    raise log 'bunkd: a wake failed: %', sqlerrm;
  end;
  return null;
end
$$;

comment on function bunkd.arm() is
  'Trigger on the queue, for any writer: asks for one dispatch at this transaction''s commit, and counts the jobs that leave the active state. Arguments: schedule, the setting that remembers it for this transaction, and left or waiting.';
