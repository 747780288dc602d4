create or replace function bunkd.read_queue_status(p_schedule bunkd.schedule) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
set lock_timeout = '50ms'
as $$
declare
  v_count_limit constant integer := 10000;
  v_window_limit constant integer := 3000;
  v_secret constant text := bunkd.find_credential(p_schedule.name);
  v_shape bunkd.queue_shape;
  v_window text;
  v_queue jsonb;
  v_recent jsonb;
  v_error jsonb;
  v_errors jsonb := '[]';
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  v_shape := bunkd.read_queue_shape(p_schedule);
  if v_shape.problem is not null then
    return jsonb_build_object('problem', v_shape.problem);
  end if;
  v_window := bunkd.write_window(v_shape, v_window_limit);
  v_queue := bunkd.read_backlog(p_schedule, v_shape, v_window, v_count_limit)
    || jsonb_build_object('statuses', bunkd.count_statuses(p_schedule, v_shape, v_count_limit),
                          'created', bunkd.count_created(v_shape, v_window, v_count_limit), 'window_limit',
                            v_window_limit);
  if v_window is not null then
    v_recent := bunkd.read_recent_jobs(p_schedule, v_shape, v_window);
    -- an assignment is no statement, so that none has the credential for a parameter
    for v_error in select e.value from jsonb_array_elements(nullif(v_recent -> 'errors', 'null')) as e loop
      v_errors := v_errors || (v_error || jsonb_build_object('text', bunkd.clean_text(v_error ->> 'text', v_secret)));
    end loop;
    v_recent := v_recent || jsonb_build_object('errors', v_errors);
  end if;
  return v_queue || jsonb_build_object('recent', v_recent);
exception
  when lock_not_available then
    return jsonb_build_object('problem', format('%s is locked', v_shape.queue));
  when others then  -- a condition of the operator's that no longer fits, a view without the right behind it
    return jsonb_build_object('problem',
                              bunkd.write_read_problem(v_shape.queue, sqlstate, bunkd.clean_text(sqlerrm, v_secret)));
end
$$;

comment on function bunkd.read_queue_status(bunkd.schedule) is
  'For bunkd.read_status: what the queue says, or what keeps it from being read (problem). Never reads a large table: '
  '10,000 rows of a status value, and the newest 3,000.';
