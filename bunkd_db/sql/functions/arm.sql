create or replace function bunkd.arm() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_schedule constant text := tg_argv[0];
  v_setting constant text := bunkd.wake_setting(v_schedule);
  v_count constant text := format('select count(*) filter (where %1$I::text = any ($1)) as active, count(*) filter (where %1$I::text = any ($2)) as waiting from ', tg_argv[1]);
  v_xid text;
  v_left bigint := 0;
  v_more bigint := 0;
begin
  -- Anything stricter could fail the writer's commit with 40001: such a job waits for the tick.
  if current_setting('transaction_isolation') <> 'read committed' then
    return null;
  end if;
  v_xid := pg_current_xact_id()::text;
  if current_setting(v_setting, true) = v_xid || ' no more' then
    return null;
  end if;
  begin
    if tg_op = 'UPDATE' then
      execute format('select o.active - n.active, n.waiting - o.waiting from (%1$s old_rows) as o, (%1$s new_rows) as n', v_count)
        into v_left, v_more using tg_argv[3]::text[], tg_argv[2]::text[];
    elsif tg_op = 'DELETE' then
      execute v_count || 'old_rows' into v_left using tg_argv[3]::text[], tg_argv[2]::text[];
    end if;
    if tg_op <> 'INSERT' and v_left <= 0 and (v_more <= 0 or tg_op = 'DELETE') then
      return null;
    elsif v_left <= 0 and current_setting(v_setting, true) = v_xid then
      return null;
    end if;
    perform set_config(v_setting, v_xid, true);  -- first: after SET CONSTRAINTS IMMEDIATE the insert itself dispatches
    insert into bunkd.wake (schedule, xact, jobs_left) values (v_schedule, v_xid::bigint, greatest(v_left, 0));
  exception when others then  -- a wake never fails the application's write; it is counted, and the tick comes
    perform set_config(v_setting, v_xid || ' no more', true);  -- or every further statement would wait for the same lock
    perform nextval('bunkd.wake_failed');
    raise log 'bunkd: a wake failed: %', sqlerrm;
  end;
  return null;
end
$$;

comment on function bunkd.arm() is
  'Statement trigger on the queue, for any writer: asks for one dispatch at this transaction''s commit where jobs may have come to wait or have left the active state. Arguments: schedule, status column, waiting words, active words.';
