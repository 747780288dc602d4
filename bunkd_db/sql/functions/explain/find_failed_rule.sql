create or replace function bunkd.find_failed_rule(
  p_schedule bunkd.schedule,
  p_shape bunkd.queue_shape,
  p_row jsonb
) returns bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
set intervalstyle = postgres_verbose  -- '@ 10 mins'
as $$
declare
  v_limit constant text := ltrim(p_schedule.rescue_after::text, '@ ');
  v_rescued constant timestamptz := bunkd.read_time(p_row, 'rescued');
  v_again constant text[] := bunkd.write_requeue(p_schedule, p_shape, p_row);
  v_then constant text := case when v_again = '{}' then '.' else '; then queue the job again:' end;
begin
  -- what was written later than the last rescue is the application's
  if v_rescued is not null and (v_rescued < bunkd.read_time(p_row, 'updated')) is not true
     and bunkd.is_last_rescue((p_row ->> 'claims')::bigint, (p_row ->> 'rescues')::integer) then
    return row('GIVEN_UP',
      format('a tick gave it up: it was active for longer than BUNKD_RESCUE_AFTER (%s) once too often',
             v_limit),
      'Find out in the function''s log why it does not end' || v_then, v_again)::bunkd.obstacle;
  end if;
  return row('FAILED', 'the function, or somebody else, has set its status to failed',
             'Read its error and the function''s log' || v_then, v_again)::bunkd.obstacle;
end
$$;

comment on function bunkd.find_failed_rule(bunkd.schedule, bunkd.queue_shape, jsonb) is
  'Whether a job failed by itself, or a tick gave it up after its rescues.';
