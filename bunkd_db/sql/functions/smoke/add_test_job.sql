create or replace function bunkd.add_test_job(p_schedule text, p_set jsonb, p_from text) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
  v_open record;
  v_shape bunkd.queue_shape;
  v_schedule bunkd.schedule;
  v_key record;
  v_missing text;
  v_insert text;
  v_job text;
begin
  -- With this lock no trigger can be added after the look at them.
  v_open := bunkd.open_test_queue(p_schedule, p_set, p_from);
  v_shape := v_open.shape;
  execute format('lock table %s in row exclusive mode', v_shape.queue);
  v_open := bunkd.open_test_queue(p_schedule, p_set, p_from);
  v_shape := v_open.shape;
  v_schedule := v_open.settings;
  v_key := bunkd.find_key(v_shape.queue);
  select string_agg(quote_ident(p."column"), ', ') filter (where p.source = 'missing'),
         format('insert into %s (%s) overriding system value values (%s) returning %I::text', v_shape.queue,
                string_agg(quote_ident(p."column"), ', '),
                -- what is made up is cut to fit, by the cast; what is given is taken as it is, or refused
                string_agg(format('%L', p.value) || case p.source when 'made' then '::' || p.type else '' end, ', '),
                v_key.key)
    into v_missing, v_insert
    from bunkd.plan_test_job(v_schedule, v_shape, p_set, p_from) as p;
  if v_missing is not null then
    raise exception '% needs values for: %', v_schedule.queue_table, v_missing
      using errcode = 'invalid_parameter_value';
  end if;
  begin
    -- the application's triggers name their tables as its owner's sessions do
    perform set_config('search_path', bunkd.find_path(v_shape.queue, v_schedule.queue_owner), true);
    execute v_insert into v_job;
    perform set_config('search_path', 'pg_catalog, pg_temp', true);
  exception when integrity_constraint_violation or data_exception or raise_exception then
    raise exception 'the test job was refused: %', sqlerrm
      using errcode = 'invalid_parameter_value',
        hint = 'Give the column that it names a value that the table takes: --set COLUMN=VALUE';
  when lock_not_available or transaction_rollback then
    raise;
  when others then  -- in the words of the application's triggers and policies: none of them is about bunkd-db
    raise exception 'the test job was refused: %', sqlerrm
      using errcode = 'object_not_in_prerequisite_state',
        hint = format('Change what refuses it, a trigger, rule or policy of %s: it refuses other jobs as well.',
                      v_schedule.queue_table);
  end;
  if v_job is null then
    raise exception 'the test job was refused: a trigger or rule of % has put no row there', v_schedule.queue_table
      using errcode = 'object_not_in_prerequisite_state',
        hint = 'Let it put the row there, or run the test through the application''s functions: --through application';
  end if;
  return jsonb_build_object('job', v_job, 'at', extract(epoch from clock_timestamp()));
end
$$;

comment on function bunkd.add_test_job(text, jsonb, text) is
  'Puts one test job into the queue as bunkd.plan_test_job says, and so wakes the schedule as any write does. Returns '
  'its id and the time. No other row is touched.';
