create or replace function bunkd.rescue_jobs(p_schedule bunkd.schedule, p_shape bunkd.queue_shape) returns text
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
  v_value text;
  v_error name;
  v_forget boolean;
  v_stuck record;
  v_times integer;
  v_give_up boolean;
  v_note text;
  v_path text;
  v_tables oid[];  -- the queue, its partitions, what inherits from it, and where its foreign keys write
begin
  if p_schedule.rescue_after = '0' then
    return null;
  end if;
  if p_shape.problem is not null
     or (select c.relkind not in ('r', 'p') from pg_class c where c.oid = p_shape.queue) then
    return null;
  elsif p_shape.started_column is null then
    return (select format('no rescue: %s of %s has no time zone', string_agg(quote_ident(a.attname), ', '),
                          p_shape.queue)
              from pg_attribute a where a.attrelid = p_shape.queue and a.attname in /* shared/start_names */
                and not a.attisdropped
               and a.atttypid = 'timestamp'::regtype
            having count(*) > 0);
  elsif not bunkd.has_index(p_shape.queue, p_schedule.status_column, p_schedule.status_active) then
    -- The search reads the whole table: only once every rescue_after, and whenever calls were lost.
    if exists (select from bunkd.last_tick t where t.schedule = p_schedule.name
               and t.stuck_searched_at between clock_timestamp() - p_schedule.rescue_after and clock_timestamp())
       and not exists (select from bunkd.call c where c.schedule = p_schedule.name and c.outcome = 'lost'
                          and c.settled > (select t.stuck_searched_at from bunkd.last_tick t
                                           where t.schedule = p_schedule.name)) then
      return (select t.rescue_problem from bunkd.last_tick t where t.schedule = p_schedule.name);
    end if;
    update bunkd.last_tick t set stuck_searched_at = clock_timestamp() where t.schedule = p_schedule.name;
  end if;
  execute format('select exists (select from %s where %s and %I < clock_timestamp() - $1)', p_shape.queue,
                 p_shape.active, p_shape.started_column)
    into v_any using p_schedule.rescue_after;
  if not v_any then
    return null;
  end if;
  select k.attname, format_type(k.atttypid, k.atttypmod) into v_key, v_key_type
    from pg_class q cross join lateral /* shared/key_column */ as k where q.oid = p_shape.queue;
  if v_key is null then
    return format('no rescue: %s has no primary key of one column', p_shape.queue);
  end if;
  select max(a.attname)
           filter (where a.attname in ('error_message', 'last_error_message', 'errorMessage', 'lastErrorMessage')),
         bool_or(a.attname = p_shape.started_column and not a.attnotnull)
    into v_error, v_forget
    from pg_attribute a where a.attrelid = p_shape.queue and a.attnum > 0 and not a.attisdropped;

  -- A trigger can be made by whoever has the right to, not by the owner alone; with this lock none can be added.
  execute format('lock table %s in row exclusive mode', p_shape.queue);
  v_tables := array(
    with recursive below (oid) as (
      select p_shape.queue::oid
      union
      select i.inhrelid from below b join pg_inherits i on i.inhparent = b.oid)
    select b.oid from below b);
  begin
    v_tables := bunkd.lock_cascades(v_tables, v_key,
                                    array[p_schedule.status_column, p_shape.started_column, v_error]::name[],
                                    p_schedule.queue_owner);
  exception when object_not_in_prerequisite_state then
    return format('no rescue: %s', sqlerrm);
  end;
  select format('no rescue: trigger %1$I on %2$s runs code of role %3$I, which would run as role %4$I. Drop it,'
                ' and revoke the right to make one: revoke trigger on %2$s from the roles that need none',
                t.tgname, t.tgrelid::regclass, pg_get_userbyid(o.role), current_user)
    into v_note
    from pg_trigger t
    join pg_depend d on d.classid = 'pg_trigger'::regclass and d.objid = t.oid
   cross join lateral /* shared/trigger_owners */ as o
   where t.tgrelid = any (v_tables) and not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 16 <> 0
     and not bunkd.is_trusted(o.role, p_schedule.queue_owner)
   order by t.tgname limit 1;
  if v_note is not null then
    return v_note;
  end if;
  -- What is written goes through the constraints of its domain, which its owner may change at any time.
  select format('no rescue: %s, which the write needs, belongs to role %I: its code would run as role %I. Change its '
                'owner to a role that you trust',
                o.what, pg_get_userbyid(o.role), current_user)
    into v_note
    from (select array(select a.atttypid from pg_attribute a
                        where a.attrelid = p_shape.queue and not a.attisdropped
                          and a.attname in (p_schedule.status_column, p_shape.started_column, v_error,
                                            v_key)
                       union all
                       -- and through the indexes, where one on ranges asks a function of their type
                       select a.atttypid
                         from pg_index x
                         join pg_attribute a on a.attrelid = x.indexrelid
                        cross join lateral (select /* shared/base_type */ as oid) as b
                        where x.indrelid = any (v_tables)
                          and exists (select from pg_range g where b.oid in (g.rngtypid, g.rngmultitypid))) as types
        ) as v
   cross join lateral /* shared/domain_code */ as o
   where not bunkd.is_trusted(o.role, p_schedule.queue_owner) order by o.what limit 1;
  if v_note is not null then
    return v_note;
  end if;
  if pg_has_role(session_user, current_user, /* shared/can_become */) then
    set constraints all immediate;  -- at the commit, deferred triggers would run with the path of the session
  elsif pg_my_temp_schema() <> 0 then
    -- a name in a trigger that nothing else has would be one of theirs
    return format('no rescue: the session of role %I has temporary objects, which triggers on %s could meet. Restart '
                  'the worker', session_user, p_shape.queue);
  elsif exists (select from pg_trigger t
                 where t.tgrelid = any (v_tables) and not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 16 <> 0
                   and t.tginitdeferred) then
    -- made immediate here, what that session has deferred before would run as our role
    return format('no rescue by a worker of role %I: a deferred trigger on %s would run as that role at its commit. '
                  'Connect the worker as role %I',
                  session_user, p_shape.queue, current_user);
  end if;
  v_path := bunkd.find_path(p_shape.queue, p_schedule.queue_owner);

  -- What we put back must not count as a job that ended and hand a slot of another call over, of whichever schedule.
  perform set_config(bunkd.name_wake_setting(s.name), bunkd.write_mute(pg_current_xact_id()::text), true)
    from bunkd.schedule s;
  for v_stuck in
    -- at random: some may be refused at every tick
    execute format('select %1$I::text as key, %2$s as claims, %6$s as created from %3$s'
                   ' where %4$s and %5$I < clock_timestamp() - $1 order by random() limit 100 for update skip locked',
      v_key, coalesce(p_shape.claims, '0'), p_shape.queue, p_shape.active, p_shape.started_column,
      case when p_shape.created_column is null then 'null::timestamptz' else quote_ident(p_shape.created_column) end)
      using p_schedule.rescue_after
  loop
    begin
      insert into bunkd.rescued_job as r (schedule, job_id, queue)
      values (p_schedule.name, case when length(v_stuck.key) > 200 then md5(v_stuck.key) else v_stuck.key end,
              p_shape.queue)
      on conflict (schedule, job_id) do update
        -- another job, whose id was used before
        set times = case when r.queue <> excluded.queue
                           or v_stuck.created > r.last and v_stuck.created <= clock_timestamp()
                         then 1 else r.times + 1 end,
            queue = excluded.queue, last = clock_timestamp()
      returning r.times into v_times;
      v_give_up := bunkd.is_last_rescue(v_stuck.claims, v_times);
      v_value := bunkd.first_status_value(
        p_shape.status_type, case when v_give_up then p_schedule.status_failed else p_schedule.status_waiting end);
      if v_value is null then
        raise exception 'none of the failed status values (%) is a value of type %',
          array_to_string(p_schedule.status_failed, ', '), p_shape.status_type;
      end if;
      -- the application's triggers name their tables as its owner's sessions do
      perform set_config('search_path', v_path, true);
      execute format('update %s set %I = %L%s%s where %I operator(pg_catalog.=) $1::%s', p_shape.queue,
                     p_schedule.status_column,
          v_value,
          case when v_give_up and v_error is not null then format(', %I = $2', v_error) else '' end,
          case when v_forget and not v_give_up then format(', %I = null', p_shape.started_column) else '' end,
          v_key, v_key_type)
        using v_stuck.key, format('given up by bunkd-db: active for more than %s, for the last of %s times',
                                  p_schedule.rescue_after,
                                  greatest(v_stuck.claims, v_times));
      perform set_config('search_path', 'pg_catalog, pg_temp', true);
    exception when others then  -- a trigger of the application may refuse this job; the others have their turn
      v_note := format('no rescue of job %s: %s', left(v_stuck.key, 80), sqlerrm);
    end;
  end loop;
  return v_note;
exception when others then  -- no right to write, a lock: the tick goes on
  return format('no rescue: %s', sqlerrm);
end
$$;

comment on function bunkd.rescue_jobs(bunkd.schedule, bunkd.queue_shape) is
  'Puts jobs that were active for longer than rescue_after back to waiting, three times at most, then to failed with '
  'a message; counted in bunkd.rescued_job, and by Bunkd''s own count of its claims. Only rows that are still active '
  'under their row lock. Returns why it could not, or null.';
