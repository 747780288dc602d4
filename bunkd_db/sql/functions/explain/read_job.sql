create or replace function bunkd.read_job(p_schedule bunkd.schedule, p_job text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
set lock_timeout = '50ms'
as $$
declare
  v_secret constant text := bunkd.find_credential(p_schedule.name);
  v_shape bunkd.queue_shape;
  v_key record;
  v_found record;
  v_row jsonb;
  v_answer jsonb;
  v_rescued record;
  v_verdict record;
begin
  perform set_config('lock_timeout', bunkd.find_lock_timeout(), true);
  v_shape := bunkd.read_queue_shape(p_schedule);
  if v_shape.problem is not null then
    return (select jsonb_build_object('unreadable', o) from bunkd.find_queue_obstacles(p_schedule) as o limit 1);
  end if;
  v_key := bunkd.find_key(v_shape.queue);
  if v_key.key is null then
    return jsonb_build_object('unreadable', row('NO_KEY',
      format('%s has neither a primary key of one column nor a column id, or its type is not one of the system''s',
             v_shape.queue),
      'Look at its jobs:', array[format('select * from %s limit 10;', v_shape.queue)])::bunkd.obstacle);
  end if;
  begin
    v_found := bunkd.find_jobs(v_shape.queue, v_key.key, v_key.key_type, p_job);
    if cardinality(v_found.ids) = 1 then
      v_row := bunkd.read_job_row(p_schedule, v_shape, v_key.key, v_key.key_type, v_found.ids[1]);
    end if;
  exception when others then  -- a condition that no longer fits, a view without the right behind it
    return jsonb_build_object('unreadable', row('QUEUE_PROBLEM',
      bunkd.write_read_problem(v_shape.queue, sqlstate, bunkd.clean_text(sqlerrm, v_secret)),
      'Correct BUNKD_QUEUE_WHERE and the BUNKD_STATUS_ settings, and upgrade:',
      array['bunkd-db upgrade'])::bunkd.obstacle);
  end;
  v_answer := jsonb_build_object('ids', array(select left(i.id, 200) from unnest(v_found.ids) as i (id)),
                                 'whole', v_found.whole, 'beginnings', v_found.beginnings);
  if v_row is null then  -- none, several, or one that has just been deleted
    return v_answer;
  end if;
  -- what was rescued before this one was made was another job with this id
  select r.times, r.last into v_rescued from bunkd.rescued_job r
   where r.schedule = p_schedule.name and r.queue = v_shape.queue
     and r.job_id = case when length(v_found.ids[1]) > 200 then md5(v_found.ids[1]) else v_found.ids[1] end
     and (r.last < bunkd.read_time(v_row, 'created')) is not true;
  v_row := v_row || jsonb_build_object('rescues', coalesce(v_rescued.times, 0),
                                       'rescued', extract(epoch from v_rescued.last));
  v_verdict := bunkd.find_job_rule(p_schedule, v_shape, v_row);
  v_answer := v_answer || jsonb_build_object(
    'rule', v_verdict.rule, 'next', extract(epoch from v_verdict.next_at), 'holders', v_verdict.holders,
    'ledger', bunkd.read_job_calls(p_schedule, v_row));
  -- assignments are no statements, so that none has the credential for a parameter
  v_row := v_row || jsonb_build_object('error', bunkd.clean_text(v_row ->> 'error', v_secret));
  v_row := v_row || jsonb_build_object('id', left(v_row ->> 'id', 200),
                                       'status', bunkd.clean_text(v_row ->> 'status', null));
  return v_answer || jsonb_build_object('row', v_row);
exception when lock_not_available then
  return jsonb_build_object('unreadable', bunkd.write_lock_obstacle());
end
$$;

comment on function bunkd.read_job(bunkd.schedule, text) is
  'The keys that p_job means; of one its row, its rule and its calls; or why it cannot be read (unreadable).';
