create or replace function bunkd.write_active_condition(p_schedule bunkd.schedule, p_shape bunkd.queue_shape,
                                                        p_known boolean) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_life constant interval := case when p_schedule.on_timeout = 'detach'
    then coalesce(nullif(p_schedule.rescue_after, '0'), interval '10 minutes')
                                   else make_interval(secs => p_schedule.timeout_ms / 1000.0 + 5) end;
begin
  -- A row that is active for longer than its function can live belongs to nobody: it must not hold back a call.
  return p_shape.active || case
    when p_shape.started_column is null then ''
    when p_known then format(' and %1$I > clock_timestamp() - interval %2$L and %1$I < clock_timestamp() + interval '
                             '''1 minute''',
                             p_shape.started_column, v_life)
    else format(' and (%I > clock_timestamp() - interval %L) is not false', p_shape.started_column, v_life) end;
end
$$;

comment on function bunkd.write_active_condition(bunkd.schedule, bunkd.queue_shape, boolean) is
  'The SQL condition for the rows that a function is at work on: for sure where p_known, else also those that give no '
  'time of their start, or one of the future.';
