create or replace function bunkd.dispatch_at_commit() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- re-planning these small look-ups costs more than running them
set jit = off  -- a session that has a kind of plan switched off would compile each of them: seconds a write
set lock_timeout = 0  -- the writer's must not fail its write where the table's file is made longer
as $$
declare
  v_schedule constant text := new.schedule;
  v_xid constant text := new.xact::text;
  v_setting constant text := /* shared/wake_setting */;
  v_set constant text := current_setting(v_setting, true);
  v_armed constant text[] := string_to_array(v_set, ' ');  -- transaction, place of its row, round
  v_row tid := new.ctid;
  v_round integer := 0;
  v_left bigint;
  v_limit text;
begin
  if v_set = /* shared/wake_mute */ or current_setting('transaction_read_only') = 'on' then  -- it can become so
    return null;  -- the tick comes, and removes our row
  elsif v_armed[1] = v_xid and v_armed[2] ~ '^[(][0-9]{1,9},[0-9]{1,4}[)]$' and v_armed[3] ~ '^[0-9]$' then
    -- the setting is the writer's, who may have put anything there
    v_row := v_armed[2]::tid;
    v_round := v_armed[3]::integer;
  end if;
  -- Writes our own row of a table that bunkd.on_queue_write has locked: they need no exception block, which would take
  -- a transaction id of its own.
  delete from bunkd.wake w
   where w.ctid = v_row and w.xact = new.xact and w.schedule = new.schedule returning w.jobs_left into v_left;
  if v_left is null then
    return null;
  elsif v_round = 0 or v_round < 9 and current_query() ~* 'set[[:space:]]+constraints' then
    -- The first time this may be SET CONSTRAINTS in a transaction that stays open, or come before slow deferred
    -- triggers of the application: what is queued now comes at the commit, after those.
    set constraints bunkd.at_commit deferred;
    insert into bunkd.wake as w (schedule, xact, jobs_left)
    values (new.schedule, new.xact, v_left) returning w.ctid into v_row;
    perform set_config(v_setting, concat_ws(' ', new.xact, v_row, v_round + 1), true);
    return null;
  end if;
  perform set_config(v_setting, '', true);  -- a write after this one asks again
  v_limit := current_setting('transaction_timeout', true);  -- PostgreSQL 17 and later
  if v_limit <> '0' then
    perform set_config('transaction_timeout', '0', true);  -- what is waited for below must not end the writer's session
  end if;
  for v_try in 1 .. 2 loop
    begin
      perform bunkd.dispatch_for_write(new.schedule, least(v_left, 1000)::integer);
      exit;
    exception when others then  -- a wake never fails the application's write; it is counted, and the tick comes
      -- undefined function, table or column: an upgrade was committed while this waited. Once more, with what it made.
      continue when v_try = 1 and sqlstate in ('42883', '42P01', '42703');
      begin
        perform bunkd.count_failed_wake(v_setting, new.xact::text, sqlerrm);
      exception when others then
        null;  -- even that may be forbidden
      end;
      exit;
    end;
  end loop;
  if v_limit <> '0' then
    perform set_config('transaction_timeout', v_limit, true);
  end if;
  return null;
end
$$;

comment on function bunkd.dispatch_at_commit() is
  'Deferred trigger of bunkd.wake: dispatches at the commit of a transaction that wrote to the queue, once, however '
  'many rows. The first firing only queues the second, which comes after the application''s own deferred triggers: '
  'an open transaction holds no slot.';
