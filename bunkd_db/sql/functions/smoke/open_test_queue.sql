create or replace function bunkd.open_test_queue(p_schedule text, p_set jsonb, p_from text, out settings bunkd.schedule,
                                                 out shape bunkd.queue_shape)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_found text;
  v_key record;
begin
  select * into settings from bunkd.schedule where name = p_schedule;
  if not found then
    raise exception 'there is no schedule %', p_schedule
      using errcode = 'invalid_parameter_value', hint = 'To see all schedules: bunkd-db schedule list';
  end if;
  shape := bunkd.read_queue_shape(settings);
  if shape.problem is not null then
    raise exception 'the queue cannot be read: %', shape.problem
      using errcode = 'object_not_in_prerequisite_state', hint = 'See: bunkd-db check --schedule ' || p_schedule;
  elsif (select c.relkind not in ('r', 'p') from pg_class c where c.oid = shape.queue) then
    raise exception '% is not a table: no test job can be put into it', settings.queue_table
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  v_key := bunkd.find_key(shape.queue);
  if v_key.key is null then
    raise exception '% has no primary key of one column, so a test job could not be followed', settings.queue_table
      using errcode = 'object_not_in_prerequisite_state';
  end if;
  v_found := bunkd.find_untrusted_trigger(settings, shape.queue);
  if v_found is not null then
    raise exception 'no test job is put into %: %', settings.queue_table, v_found
      using errcode = 'object_not_in_prerequisite_state', hint = 'Drop that trigger, or trust its owner with '
        'BUNKD_QUEUE_OWNER.';
  end if;
  -- A row is written and read with every column: each runs what its type's owner has made of it.
  select format('%s belongs to role %I, and would run as role %I', o.what, pg_get_userbyid(o.role), current_user)
    into v_found
    from (select array_agg(distinct t.oid) as types
            from pg_attribute a join pg_type y on y.oid = a.atttypid
           cross join lateral (values (y.oid), (y.typelem)) as t (oid)
           where a.attrelid = shape.queue and a.attnum > 0 and not a.attisdropped and t.oid >= 16384) as v
   cross join lateral /* shared/domain_code */ as o
   where not bunkd.is_trusted(o.role, settings.queue_owner) order by o.what limit 1;
  if v_found is not null then
    raise exception 'no test job is put into %: %', settings.queue_table, v_found
      using errcode = 'object_not_in_prerequisite_state',
        hint = 'Change its owner to a role that you trust, or name that role in BUNKD_QUEUE_OWNER.';
  end if;
  select k.name into v_found from jsonb_object_keys(p_set) as k (name)
   where not exists (select from pg_attribute a where a.attrelid = shape.queue and a.attname = k.name and a.attnum > 0
                        and not a.attisdropped) limit 1;
  if found then
    raise exception '% has no column %', settings.queue_table, quote_ident(v_found)
      using errcode = 'invalid_parameter_value', hint = 'Correct --set. Name a column as the table does.';
  end if;
  select a.attname into v_found from pg_attribute a
   where a.attrelid = shape.queue and a.attgenerated <> '' and p_set ? a.attname limit 1;
  if found then
    raise exception 'column % of % takes no value: the table generates it', quote_ident(v_found), settings.queue_table
      using errcode = 'invalid_parameter_value', hint = 'Leave it out of --set.';
  elsif p_set ->> settings.status_column <> all (settings.status_waiting) then
    raise exception 'the test job was refused: with status % it would not wait for a call',
      quote_literal(p_set ->> settings.status_column)
      using errcode = 'invalid_parameter_value', hint = 'Leave it out of --set.';
  end if;
  if p_from is not null then
    begin
      execute format('select from %s as q where q.%I = %L::%s', shape.queue, v_key.key, p_from,
                     format_type(v_key.key_type, -1));
      get diagnostics v_found = row_count;
    exception when data_exception then
      v_found := '0';
    end;
    if v_found = '0' then
      raise exception 'there is no job % in %', p_from, settings.queue_table
        using errcode = 'invalid_parameter_value', hint = 'Give the whole id of a job of this table to --from-job.';
    end if;
  end if;
end
$$;

comment on function bunkd.open_test_queue(text, jsonb, text) is
  'The queue that a test job goes into, and how to read it; raises what keeps one from being put there, and what of '
  'p_set or p_from does not fit it.';
