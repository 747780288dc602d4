create or replace function bunkd.find_call_obstacles(p_schedule bunkd.schedule)
returns setof bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_last record;
  v_brake record;
  v_patience constant interval := make_interval(secs => 2 * bunkd.seconds_between_ticks(p_schedule) + 15);
  v_waiting bigint;
  v_answers constant text := format('select * from bunkd.recent_calls where schedule = %L;', p_schedule.name);
begin
  -- Only what this url and this credential were answered; a lost call has no answer.
  select c.outcome, c.status_code into v_last from bunkd.call c
   where c.schedule = p_schedule.name and c.settled <= clock_timestamp() and c.outcome <> 'lost'
     and coalesce(c.endpoint_since, c.sent) >= p_schedule.endpoint_since and c.settled >= p_schedule.endpoint_since
   order by c.settled desc, c.id desc limit 1;
  if v_last.outcome = 'rejected' then
    return next row('REJECTED', format('the function rejects the credential (last call: %s)', v_last.status_code),
      'Set the credential that the function accepts:',
      array['bunkd-db credential set --schedule ' || p_schedule.name])::bunkd.obstacle;
    return;
  elsif v_last.outcome = 'http_error' and v_last.status_code = 404 then
    return next row('NOT_DEPLOYED', 'the function is not deployed at that URL (last call: 404)',
      'Deploy the function, or correct BUNKD_CALL_URL and upgrade:',
      array[bunkd.write_upgrade(p_schedule)])::bunkd.obstacle;
    return;
  end if;
  v_brake := bunkd.find_brake(p_schedule, 'tick');
  if v_brake.reason = 'probe' then  -- the other brakes slow the calls down, or wait for a job that can be claimed
    return next row('BACKING_OFF', v_brake.note, 'Read what the function answered:', array[v_answers])::bunkd.obstacle;
  elsif v_brake.empty_since < clock_timestamp() - v_patience
        and not exists (select from bunkd.read_slots(p_schedule.name) as o where not o.ended) then
    v_waiting := (bunkd.count_queue(p_schedule.name)).waiting;  -- null where no index serves it, or it cannot be read
    if v_waiting > 0 then
      return next row('EMPTY_ANSWERS',
        format('the function answers that it finds no job, but %s: no calls until the queue changes or 10 ticks pass',
               case v_waiting when 1 then 'a job is waiting' else v_waiting || ' jobs are waiting' end),
        'Find out why the function does not claim them: perhaps it uses another database, or claims fewer than '
        'BUNKD_QUEUE_WHERE counts. '
        'Read what it answered:', array[v_answers])::bunkd.obstacle;
    end if;
  end if;
end
$$;

comment on function bunkd.find_call_obstacles(bunkd.schedule) is
  'For bunkd.find_obstacles: whether the last calls of this url and credential were answered well enough to go on.';
