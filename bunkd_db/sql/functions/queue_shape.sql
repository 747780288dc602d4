create or replace function bunkd.queue_shape(
  p_schedule bunkd.schedule,
  out queue regclass,
  out status_type regtype,
  out waiting text,
  out claimable text,
  out claims text,
  out active text,
  out started_column text,
  out created_column text,
  out problem text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_class pg_class;
  v_column regtype;
  v_status text := quote_ident(p_schedule.status_column);
begin
  begin
    queue := to_regclass(p_schedule.queue_table);
  exception when insufficient_privilege then
    problem := format('role %I has no USAGE on the schema of %s', current_user, p_schedule.queue_table);
    return;
  end;
  if queue is null then
    problem := format('the queue table %s does not exist', p_schedule.queue_table);
    return;
  end if;
  select * into v_class from pg_class where oid = queue;
  if v_class.relkind not in ('r', 'p', 'v', 'm', 'f') then
    problem := format('%s is not a table', p_schedule.queue_table);
  elsif not has_table_privilege(queue, 'select') then
    problem := format('role %I may not read %s', current_user, p_schedule.queue_table);
  elsif row_security_active(queue) then
    problem := format('row level security of %s hides rows from role %I', p_schedule.queue_table, current_user);
  end if;

  select a.atttypid, /* shared/base_type */
    into v_column, status_type from pg_attribute a
   where a.attrelid = queue and a.attname = p_schedule.status_column and not a.attisdropped;
  if status_type is null then
    problem := coalesce(problem, format('%s has no column %I', p_schedule.queue_table, p_schedule.status_column));
  end if;
  if problem is not null then
    return;
  end if;

  if v_column <> status_type then
    v_status := format('%s::%s', v_status, status_type);  -- a domain over an enum has no operators of its own
  end if;
  waiting := bunkd.status_condition(v_status, status_type, p_schedule.status_waiting);
  active := bunkd.status_condition(v_status, status_type, p_schedule.status_active);
  if waiting is null then
    problem := format('none of the waiting words (%s) is a value of %s', array_to_string(p_schedule.status_waiting, ', '), status_type);
    return;
  end if;

  -- A row that was claimed three times waits for ever and is not work.
  select /* shared/claims */ into claims from pg_class q where q.oid = queue;
  claimable := waiting || coalesce(' and (' || p_schedule.queue_where || ')', ' and ' || claims || ' < 3', '');

  select a.attname into started_column from pg_attribute a
   where a.attrelid = queue and a.attname in ('started_at', 'claimed_at') and not a.attisdropped
     and a.atttypid = 'timestamptz'::regtype  -- without a zone, its age would depend on who asks
   order by a.attname desc limit 1;
  active := coalesce(active, 'false');
  select a.attname into created_column from pg_attribute a
   where a.attrelid = queue and a.attname = 'created_at' and not a.attisdropped
     and a.atttypid in ('timestamptz'::regtype, 'timestamp'::regtype);
end
$$;

comment on function bunkd.queue_shape(bunkd.schedule) is
  'How to read a schedule''s queue: the table and the SQL conditions for waiting, claimable and active rows, found from the table as it is now; or the problem that stands in the way. Both generations of Bunkd need no setting.';
