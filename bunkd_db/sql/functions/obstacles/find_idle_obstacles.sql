create or replace function bunkd.find_idle_obstacles(p_schedule bunkd.schedule)
returns setof bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_found text;
  v_counts constant record := bunkd.count_queue(p_schedule.name);
  v_patience constant interval := bunkd.find_wait_limit(p_schedule);
begin
  -- An external scheduler shows itself nowhere but in what it does.
  v_found := case
    when v_counts.problem is not null then 'the queue cannot be read: ' || v_counts.problem
    when v_counts.waiting is null
      then format('it is not known whether jobs are waiting: no index serves the status of %s', p_schedule.queue_table)
    when v_counts.waiting > 0 and v_counts.oldest_wait is null
      then 'it is not known for how long jobs have been waiting'
    when v_counts.waiting > 0 and v_counts.oldest_wait >= v_patience then 'the queue is not being drained' end;
  if v_found is not null then
    return next row('NO_WORKER', 'no worker is running, and ' || v_found,
      'Choose an external scheduler with the first command, or let a worker make the calls with the second:',
      array['bunkd-db external list', 'bunkd-db worker --schedule ' || p_schedule.name])::bunkd.obstacle;
  end if;
end
$$;

comment on function bunkd.find_idle_obstacles(bunkd.schedule) is
  'For bunkd.find_obstacles: where the calls come from outside and no worker is there, whether the queue is being '
  'drained.';
