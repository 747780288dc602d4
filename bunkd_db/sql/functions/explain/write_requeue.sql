create or replace function bunkd.write_requeue(
  p_schedule bunkd.schedule,
  p_shape bunkd.queue_shape,
  p_row jsonb
) returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_waiting constant text := bunkd.first_status_value(p_shape.status_type, p_schedule.status_waiting);
  v_commands text[] := '{}';
begin
  if p_row -> 'named' = 'null' or v_waiting is null then
    return '{}';
  end if;
  if (p_row ->> 'rescues')::integer > 0 then
    v_commands := array[
      format('delete from bunkd.rescued_job where schedule = %L and job_id = %L;', p_schedule.name, p_row ->> 'id')];
  end if;
  return v_commands || format('update %1$s set %2$I = %3$L%4$s where %5$s and %2$I = %6$L;',
    p_shape.queue, p_schedule.status_column, v_waiting,
    case when p_shape.claims is not null then ', attempts = 0' else '' end,
    p_row ->> 'named', p_row ->> 'status');
end
$$;

comment on function bunkd.write_requeue(bunkd.schedule, bunkd.queue_shape, jsonb) is
  'The statements that put a job back to waiting, as if nobody had ever claimed or rescued it.';
