create or replace function bunkd.read_job_row(
  p_schedule bunkd.schedule,
  p_shape bunkd.queue_shape,
  p_key name,
  p_key_type regtype,
  p_id text
) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_columns constant record := bunkd.find_report_columns(p_shape.queue);
  v_status constant text := format('%I::%s', p_schedule.status_column, p_shape.status_type);
  v_row jsonb;
begin
  execute format(
    'select jsonb_build_object(''status'', left(%s::text, 400), ''error'', left(%s, 400), ''claims'', %s,
              ''state'', case when %s then ''waiting'' when %s then ''active'' when %s then ''done''
                              when %s then ''failed'' else ''unknown'' end,
              ''claimable'', coalesce((%s), false))',
    v_status, coalesce(quote_ident(v_columns.error), 'null::text'), coalesce(p_shape.claims, 'null'),
    p_shape.waiting, p_shape.active,
    coalesce(bunkd.write_status_condition(v_status, p_shape.status_type, p_schedule.status_done), 'false'),
    coalesce(bunkd.write_status_condition(v_status, p_shape.status_type, p_schedule.status_failed), 'false'),
    p_shape.claimable)
    || (select string_agg(format(
                 -- a little off the ends of what a time can be, which sums and fractions of seconds would leave
                 ' || jsonb_build_object(%L, case when isfinite(%2$s) then
                        extract(epoch from least(greatest(%2$s, ''4700-01-01 BC''), ''200000-01-01'')) end)',
                 c.name, coalesce(quote_ident(c.of_queue), 'null::timestamptz')), '')
          from (values ('created', p_shape.created_column), ('started', p_shape.started_column),
                       ('completed', v_columns.completed), ('updated', v_columns.updated)) as c (name, of_queue))
    -- of the key's own type, so that its index serves; a plain cast to character would cut the value off
    || format(' from %s where %I = %L::%s limit 1', p_shape.queue, p_key, p_id, format_type(p_key_type, -1))
    into v_row;
  return v_row || jsonb_build_object(
    'id', p_id, 'named', case when length(p_id) <= 200 then format('%I = %L', p_key, p_id) end);
end
$$;

comment on function bunkd.read_job_row(bunkd.schedule, bunkd.queue_shape, name, regtype, text) is
  'What the row of a job says, and how a statement can name it (null: its key is too long).';
