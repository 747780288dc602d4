create or replace function bunkd.on_queue_write() returns trigger
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- re-planning these small look-ups costs more than running them
set jit = off  -- a session that has a kind of plan switched off would compile each of them: seconds a write
set lock_timeout = '50ms'
as $$
declare
  v_schedule constant text := tg_argv[0];
  v_setting constant text := /* shared/wake_setting */;
  v_is_here boolean;
  v_queue regclass;
  v_is_told boolean;
  v_type oid;
  v_count text;
  v_waiting text[];
  v_active text[];
  v_xid text;
  v_set text;
  v_armed text[];  -- transaction, place of its row, round
  v_row tid;
  v_left bigint := 0;
  v_more bigint := 0;
  v_moves bigint;
  v_cursor refcursor := 'bunkd_wake';
begin
  v_xid := pg_current_xact_id_if_assigned()::text;
  if v_xid is null then
    return null;  -- it matched no row: one of its own would cost who polls the queue a transaction id and a flush
  elsif current_setting('transaction_read_only') = 'on' then
    return null;  -- since another trigger, after the write: ours would be refused
  end if;
  v_set := current_setting(v_setting, true);
  if v_set <> '' and v_set = /* shared/wake_mute */ then
    return null;
  end if;
  v_armed := string_to_array(v_set, ' ');
  -- Nothing is written in this block: it would take a transaction id of its own. It takes the locks that the writes
  -- below need.
  begin
    -- Triggers call a copy of this in the queue's own schema, which its dumps bring along: where they are restored,
    -- bunkd-db may be absent, half there, of another version or another role's. bunkd.wake keeps its columns for it.
    select p.proowner = w.relowner and p.proowner = n.nspowner and pg_get_userbyid(p.proowner) = current_user
      into v_is_here
      from pg_namespace n
      join pg_proc p on p.pronamespace = n.oid and p.proname = 'count_failed_wake'
        and p.proargtypes = '25 25 25'  -- text
      join pg_class w on w.relnamespace = n.oid and w.relname = 'wake'
     where n.nspname = 'bunkd';
    if v_is_here is not true then
      return null;
    end if;
    select to_regclass(s.queue_table), s.mode = 'external' and s.on_timeout = 'release' into v_queue, v_is_told
      from bunkd.schedule s where s.name = v_schedule;
    if v_queue is distinct from tg_relid::regclass then
      return null;  -- who may, or once might, execute this can have put it on a table of its own
    elsif tg_op <> 'INSERT' then
      -- Without these transition tables the names below would be those of the session's temporary views, whose
      -- functions would run as our role.
      select a.atttypid into v_type
        from pg_trigger t
        join pg_attribute a on a.attrelid = t.tgrelid and a.attname = tg_argv[1] and not a.attisdropped
       where t.tgrelid = tg_relid and t.tgname = tg_name and t.tgoldtable = 'old_rows'
         and (tg_op = 'DELETE' or t.tgnewtable = 'new_rows');
      if v_type is null then
        return null;
      -- the system's own types have the system's casts: asked here, because it is asked at every write
      elsif v_type >= 16384 and bunkd.find_foreign_cast(tg_relid, tg_argv[1], v_schedule) is not null then
        return null;  -- the count below would run it as our role; ticks name it
      end if;
      v_waiting := tg_argv[2];
      v_active := tg_argv[3];
      v_count := 'select count(*) filter (where %1$I::text = any ($1)) as active,'
                 ' count(*) filter (where %1$I::text = any ($2)) as waiting from ';
    end if;
    if tg_op = 'UPDATE' and tg_argv[1] = 'status' then
      -- what the next branch asks, without planning it anew at every write
      select o.active - n.active, n.waiting - o.waiting into v_left, v_more
        from (select count(*) filter (where r.status::text = any (v_active)) as active,
                     count(*) filter (where r.status::text = any (v_waiting)) as waiting from old_rows as r) as o,
             (select count(*) filter (where r.status::text = any (v_active)) as active,
                     count(*) filter (where r.status::text = any (v_waiting)) as waiting from new_rows as r) as n;
    elsif tg_op = 'UPDATE' then
      execute format('select o.active - n.active, n.waiting - o.waiting'
                     ' from (' || v_count || 'old_rows) as o, (' || v_count || 'new_rows) as n', tg_argv[1])
        into v_left, v_more using v_active, v_waiting;
    elsif tg_op = 'DELETE' then
      execute format(v_count || 'old_rows', tg_argv[1]) into v_left, v_more using v_active, v_waiting;
      v_more := -v_more;
    end if;
    if v_left > 0 or v_more < 0 then
      v_moves := nextval(/* shared/progress_counter */);  -- an expression costs a third of a statement
    end if;
    if tg_op <> 'INSERT' and v_left <= 0 and v_more <= 0 then
      return null;
    elsif current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
      return null;  -- could fail the writer's commit with 40001: such a job waits for the tick
    elsif tg_op <> 'INSERT' and v_more <= 0 and v_is_told then
      return null;  -- the worker whose call it was tells it itself; a NOTIFY would make all such commits wait in line
    end if;
    if v_armed[1] = v_xid then
      if v_left <= 0 then
        return null;
      end if;
      v_row := v_armed[2]::tid;
    else
      -- In what PostgreSQL restricts, like the refresh of a materialized view, the trigger that is deferred below would
      -- fail the write, after this block. CLOSE is refused there too, but in it.
      open v_cursor for select;
      execute 'close bunkd_wake';
      -- whatever the application has set: an open transaction must not dispatch
      set constraints bunkd.at_commit deferred;
      lock table bunkd.wake in row exclusive mode;
    end if;
  exception when others then  -- a wake never fails the application's write; it is counted, and the tick comes
    if v_is_here then
      begin
        perform bunkd.count_failed_wake(v_setting, v_xid, sqlerrm);
      exception when others then
        null;  -- even that may be forbidden
      end;
    end if;
    return null;
  end;
  -- All that these may wait for is that another session makes the table's file longer. That ends by itself, and to give
  -- up would fail the application's write.
  perform set_config('lock_timeout', '0', true);
  -- One row a transaction, found by its place: any number of statements stays linear. A forged place is not our row.
  if v_row is null then
    insert into bunkd.wake as w (schedule, xact, jobs_left)
    values (v_schedule, v_xid::bigint, greatest(v_left, 0)) returning w.ctid into v_row;
  else
    update bunkd.wake w set jobs_left = w.jobs_left + v_left
     where w.ctid = v_row and w.xact = v_xid::bigint and w.schedule = v_schedule returning w.ctid into v_row;
  end if;
  perform set_config(v_setting, concat_ws(' ', v_xid, v_row, case when v_armed[1] = v_xid then v_armed[3] else '0' end),
                     true);
  return null;
end
$$;

comment on function bunkd.on_queue_write() is
  'Statement trigger on the queue, for any writer: asks for one dispatch at this transaction''s commit where jobs may '
  'have come to wait or have left the active state, and counts in bunkd.find_progress_counter that jobs moved. '
  'Arguments: schedule, status column, the status values that mean waiting, those that mean active.';
