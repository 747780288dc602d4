create or replace function bunkd.read_queue_shape(p_schedule bunkd.schedule) returns bunkd.queue_shape
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_shape bunkd.queue_shape;
  v_kind "char";
  v_owner oid;
  v_column regtype;
  v_status text := quote_ident(p_schedule.status_column);
  v_me constant oid := to_regrole(quote_ident(current_user));  -- a plain cast would fold the name
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  begin
    v_shape.queue := to_regclass(p_schedule.queue_table);
  exception when insufficient_privilege then
    v_shape.problem := format('role %I has no USAGE on the schema of %s', current_user, p_schedule.queue_table);
    return v_shape;
  end;
  if v_shape.queue is null then
    v_shape.problem := format('the queue table %s does not exist', p_schedule.queue_table);
    return v_shape;
  end if;
  begin
    -- What is seen below stays true until our commit: nobody can drop, rename or give away what is locked.
    select c.relkind into v_kind from pg_class c where c.oid = v_shape.queue;
    if v_kind in ('r', 'p', 'v') then
      execute format('lock table %s %s in access share mode', case v_kind when 'v' then '' else 'only' end,
                     v_shape.queue);
    end if;
  exception
    when lock_not_available then
      v_shape.problem := format('%s is locked; the next tick retries', v_shape.queue);
      return v_shape;
    when insufficient_privilege then
      null;  -- said below
    when undefined_table then
      v_shape.problem := format('the queue table %s does not exist', p_schedule.queue_table);
      return v_shape;
  end;
  v_shape.queue := to_regclass(p_schedule.queue_table);
  -- A row that was claimed three times is never claimed again and is not work.
  select q.relkind, q.relowner, a.atttypid, a.base, t.claims, t.created, t.started
    into v_kind, v_owner, v_column, v_shape.status_type, v_shape.claims, v_shape.created_column, v_shape.started_column
    from pg_class q
    left join lateral (select a.atttypid, /* shared/base_type */ as base from pg_attribute a
                        where a.attrelid = q.oid and a.attname = p_schedule.status_column and not a.attisdropped) as a
      on true
   cross join lateral /* shared/queue_columns */ as t
   where q.oid = v_shape.queue;
  if v_kind not in ('r', 'p', 'v', 'm', 'f') then
    v_shape.problem := format('%s is not a table', p_schedule.queue_table);
  elsif not has_table_privilege(v_shape.queue, 'select') then
    v_shape.problem := format('role %I cannot read %s', current_user, p_schedule.queue_table);
  elsif v_owner <> v_me and not bunkd.is_trusted(v_owner, p_schedule.queue_owner) then
    v_shape.problem := format('%s belongs to role %I, whose code would run as role %I here. Trust it with '
                              'BUNKD_QUEUE_OWNER=%s, or give the table to role %3$I',
                              p_schedule.queue_table, pg_get_userbyid(v_owner), current_user, pg_get_userbyid(v_owner));
  elsif (p_schedule.queue_where is not null or v_kind = 'v') and pg_my_temp_schema() <> 0
        and not pg_has_role(session_user, current_user, /* shared/can_become */) then
    -- a name in a function of the condition or of the view that nothing else has would be one of theirs
    v_shape.problem := format('the session of role %I has temporary objects, which a function that reads %s could '
                              'meet: the next tick calls',
                              session_user, p_schedule.queue_table);
  elsif row_security_active(v_shape.queue) then
    v_shape.problem := format('row level security of %s hides rows from role %I', p_schedule.queue_table, current_user);
  end if;

  if v_shape.status_type is null then
    v_shape.problem := coalesce(v_shape.problem,
                                format('%s has no column %I', p_schedule.queue_table, p_schedule.status_column));
  end if;
  v_shape.problem := coalesce(v_shape.problem,
                              bunkd.find_foreign_code(v_shape.queue, v_shape.status_type, p_schedule.queue_owner),
                              case when p_schedule.queue_where is not null
                                then bunkd.find_open_schema(p_schedule) end);
  if v_shape.problem is not null then
    return v_shape;
  end if;

  if v_column <> v_shape.status_type then
    v_status := format('%s::%s', v_status, v_shape.status_type);  -- a domain over an enum has no operators of its own
  end if;
  v_shape.waiting := bunkd.write_status_condition(v_status, v_shape.status_type, p_schedule.status_waiting);
  v_shape.active := bunkd.write_status_condition(v_status, v_shape.status_type, p_schedule.status_active);
  if v_shape.waiting is null then
    v_shape.problem := format('none of the waiting status values (%s) is a value of type %s',
                              array_to_string(p_schedule.status_waiting, ', '), v_shape.status_type);
    return v_shape;
  end if;

  v_shape.claimable := v_shape.waiting
    || coalesce(' and (' || p_schedule.queue_where || ')', ' and ' || v_shape.claims || ' < 3', '');
  v_shape.active := coalesce(v_shape.active, 'false');
  return v_shape;
end
$$;

comment on function bunkd.read_queue_shape(bunkd.schedule) is
  'How to read a schedule''s queue: the table and the SQL conditions for waiting, claimable and active rows, found '
  'from the table as it is now; or the problem that stands in the way. Both generations of Bunkd need no setting. '
  'Locks the table against changes until the end of the transaction, and refuses one with code of a role that is not '
  'trusted.';
