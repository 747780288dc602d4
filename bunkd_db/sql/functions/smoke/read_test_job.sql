create or replace function bunkd.read_test_job(p_schedule text, p_job text, p_since double precision) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
set lock_timeout = '1s'
as $$
declare
  v_schedule bunkd.schedule;
  v_shape bunkd.queue_shape;
  v_key record;
  v_row jsonb;
  v_error text;
begin
  select * into strict v_schedule from bunkd.schedule where name = p_schedule;
  v_shape := bunkd.read_queue_shape(v_schedule);
  if v_shape.problem is not null then
    return jsonb_build_object('at', extract(epoch from clock_timestamp()), 'problem', v_shape.problem);
  end if;
  v_key := bunkd.find_key(v_shape.queue);
  v_row := bunkd.read_job_row(v_schedule, v_shape, v_key.key, v_key.key_type, p_job);
  -- an assignment is no statement, so that none has the credential for a parameter
  v_error := bunkd.clean_text(v_row ->> 'error', bunkd.find_credential(p_schedule));
  return jsonb_build_object(
    'at', extract(epoch from clock_timestamp()),
    'gone', v_row is null,
    'state', v_row ->> 'state',
    'error', v_error,
    'started', v_row -> 'started',
    'removal', format('delete from %s where %s;', v_shape.queue, v_row ->> 'named'),
    'rescued', exists (select from bunkd.rescued_job r
                        where r.schedule = p_schedule and r.queue = v_shape.queue
                          and r.job_id = case when length(p_job) > 200 then md5(p_job) else p_job end
                          and r.last >= to_timestamp(p_since)),
    'calls', (select coalesce(jsonb_agg(jsonb_build_object('call', c.id, 'reason', c.reason, 'worker', c.worker,
                                                   'sent', extract(epoch from c.sent), 'outcome', c.outcome,
                                                   'job_id', c.job_id) order by c.id), '[]')
                from (select o.* from bunkd.call o where o.schedule = p_schedule and o.sent >= to_timestamp(p_since)
                       order by o.id limit 100) as c));
exception when lock_not_available then
  return jsonb_build_object('at', extract(epoch from clock_timestamp()), 'problem', 'a table is locked');
end
$$;

comment on function bunkd.read_test_job(text, text, double precision) is
  'Where a test job is, for who follows it: its state, its error, whether it is gone or was rescued, and the calls of '
  'the schedule since then (seconds of the epoch). problem: what keeps it from being read at the moment.';
