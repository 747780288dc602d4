create or replace function bunkd.active_condition(p_schedule bunkd.schedule, p_shape record) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- A row that is active for longer than its function can live belongs to nobody: it must not hold back a call.
  return p_shape.active || case when p_shape.started_column is null then ''
    else format(' and %I > clock_timestamp() - interval %L', p_shape.started_column,
      case when p_schedule.on_timeout = 'detach' then coalesce(nullif(p_schedule.rescue_after, '0'), interval '10 minutes')
           else make_interval(secs => p_schedule.timeout_ms / 1000.0 + 5) end) end;
end
$$;

comment on function bunkd.active_condition(bunkd.schedule, record) is
  'The SQL condition for the rows that a function is at work on. p_shape is bunkd.queue_shape''s answer.';
