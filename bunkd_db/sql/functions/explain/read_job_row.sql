create or replace function bunkd.read_job_row(p_schedule bunkd.schedule, p_shape bunkd.queue_shape, p_key name, p_key_type regtype, p_id text)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_seqscan = off  -- against stale statistics; alone it would trigger the JIT compiler
set jit = off
set lock_timeout = '50ms'
as $$
declare
  v_columns constant record := bunkd.find_report_columns(p_shape.queue);
  v_status constant text := format('%I::%s', p_schedule.status_column, p_shape.status_type);
  v_named constant text := format('%I = %L', p_key, p_id);
  v_row jsonb;
begin
  execute format(
    'select jsonb_build_object(
       ''status'', left(%1$s::text, 400), ''error'', left(%2$s, 400),
       ''state'', case when %3$s then ''waiting'' when %4$s then ''active'' when %5$s then ''done'' when %6$s then ''failed'' else ''unknown'' end,
       ''claimable'', coalesce((%7$s), false), ''claims'', %8$s,
       ''created'', case when isfinite(%9$s) then extract(epoch from %9$s) end,
       ''started'', case when isfinite(%10$s) then extract(epoch from %10$s) end,
       ''completed'', case when isfinite(%11$s) then extract(epoch from %11$s) end,
       ''updated'', case when isfinite(%12$s) then extract(epoch from %12$s) end)
     from %13$s where %14$I = %15$L::%16$s limit 1',
    v_status, coalesce(quote_ident(v_columns.error), 'null::text'), p_shape.waiting, p_shape.active,
    coalesce(bunkd.write_status_condition(v_status, p_shape.status_type, p_schedule.status_done), 'false'),
    coalesce(bunkd.write_status_condition(v_status, p_shape.status_type, p_schedule.status_failed), 'false'),
    p_shape.claimable, coalesce(p_shape.claims, 'null'),
    coalesce(quote_ident(p_shape.created_column), 'null::timestamptz'), coalesce(quote_ident(p_shape.started_column), 'null::timestamptz'),
    coalesce(quote_ident(v_columns.completed), 'null::timestamptz'), coalesce(quote_ident(v_columns.updated), 'null::timestamptz'),
    p_shape.queue, p_key, p_id, format_type(p_key_type, -1)) into v_row;
  return v_row || jsonb_build_object('id', p_id, 'named', case when length(p_id) <= 200 then v_named end);
end
$$;

comment on function bunkd.read_job_row(bunkd.schedule, bunkd.queue_shape, name, regtype, text) is
  'For bunkd.explain_job: what the row of a job says: its status and what that means (state), whether it can be claimed, its times, and how to name it in a statement, null for a key that is too long for that.';
