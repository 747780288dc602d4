create or replace function bunkd.find_queue_obstacles(p_schedule bunkd.schedule)
returns setof bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_shape constant bunkd.queue_shape := bunkd.read_queue_shape(p_schedule);
  v_owner constant oid := (select c.relowner from pg_class c where c.oid = v_shape.queue);
  v_holders constant text :=
    format('select pid, mode from pg_locks where granted and relation = %L::regclass;', v_shape.queue);
  v_count bigint;
  v_unknown text;
begin
  if v_shape.problem is not null then
    return next case
      when v_shape.queue is null then row('QUEUE_PROBLEM', v_shape.problem,
        'Create the table, or name the jobs'' table in BUNKD_QUEUE_TABLE and upgrade:',
        array[bunkd.write_upgrade(p_schedule)])::bunkd.obstacle
      when not has_table_privilege(v_shape.queue, 'select') then row('QUEUE_PROBLEM', v_shape.problem,
        'Let that role read the table, as the table''s owner:',
        array[format('grant select on %s to %I;', v_shape.queue, current_user)])::bunkd.obstacle
      when not bunkd.is_trusted(v_owner, p_schedule.queue_owner) then row('QUEUE_PROBLEM', v_shape.problem,
        format('Set BUNKD_QUEUE_OWNER=%s, if you trust that role, and upgrade with the first command; '
               'or give the table to role %I with the second, as an administrator:', pg_get_userbyid(v_owner),
                 current_user),
        array[bunkd.write_upgrade(p_schedule),
              format('alter table %s owner to %I;', v_shape.queue, current_user)])::bunkd.obstacle
      when row_security_active(v_shape.queue) then row('QUEUE_PROBLEM', v_shape.problem,
        'Let that role see all rows, as a superuser:',
        array[format('alter role %I bypassrls;', current_user)])::bunkd.obstacle
      when exists (select from pg_locks l where l.granted and l.mode = 'AccessExclusiveLock'
                                        and l.relation = v_shape.queue and l.pid <> pg_backend_pid())
        then row('QUEUE_PROBLEM', v_shape.problem, 'Wait until the lock is released, or find out who holds it:',
                 array[v_holders])::bunkd.obstacle
      else row('QUEUE_PROBLEM', v_shape.problem,
        'Fix what the message names, or correct the BUNKD_QUEUE_ and BUNKD_STATUS_ settings and upgrade:',
        array[bunkd.write_upgrade(p_schedule)])::bunkd.obstacle
      end;
    return;
  end if;
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  begin
    -- Without an index it is not read, only planned: that finds what does not fit its columns.
    execute format('select count(*) from (select from %s where %s limit %s) as w', v_shape.queue, v_shape.claimable,
                   case when bunkd.has_index(v_shape.queue, p_schedule.status_column, p_schedule.status_waiting)
                     then 100 else 0 end)
      into v_count;
    v_unknown := bunkd.find_unknown_status(p_schedule, v_shape);
  exception
    when lock_not_available then
      return next row('QUEUE_PROBLEM', format('%s is locked', v_shape.queue),
                      'Wait until the lock is released, or find out who holds it:',
        array[v_holders])::bunkd.obstacle;
      return;
    when others then  -- a condition of the operator's that does not fit, a view without the right behind it
      return next row('QUEUE_PROBLEM', bunkd.write_read_problem(v_shape.queue, sqlstate, sqlerrm),
        'Correct BUNKD_QUEUE_WHERE and the BUNKD_STATUS_ settings, and upgrade:',
        array[bunkd.write_upgrade(p_schedule)])::bunkd.obstacle;
      return;
  end;
  if v_unknown is not null then
    return next row('STATUS_UNKNOWN', v_unknown,
      'Name the status values in BUNKD_STATUS_WAITING, _ACTIVE, _DONE and _FAILED, and upgrade:',
      array[bunkd.write_upgrade(p_schedule)])::bunkd.obstacle;
  end if;
end
$$;

comment on function bunkd.find_queue_obstacles(bunkd.schedule) is
  'For bunkd.find_obstacles: whether the queue can be read and understood.';
