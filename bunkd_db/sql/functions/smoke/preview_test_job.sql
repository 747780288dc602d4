create or replace function bunkd.preview_test_job(p_schedule text, p_set jsonb, p_from text) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
  v_open constant record := bunkd.open_test_queue(p_schedule, p_set, p_from);
  v_shape constant bunkd.queue_shape := v_open.shape;
  v_schedule constant bunkd.schedule := v_open.settings;
  v_key constant record := bunkd.find_key(v_shape.queue);
  v_others boolean;
  v_example text;
begin
  execute format('select exists (select from %s where %s)', v_shape.queue, v_shape.claimable) into v_others;
  if v_shape.created_column is not null then
    execute format('select q.%I::text from %s as q order by q.%I desc nulls last limit 1', v_key.key, v_shape.queue,
                   v_shape.created_column) into v_example;
  end if;
  return jsonb_build_object(
    'queue', v_schedule.queue_table,
    'url', regexp_replace(v_schedule.url, '[?#].*$', ''),
    'mode', v_schedule.mode,
    'on_timeout', v_schedule.on_timeout,
    'columns', (select coalesce(jsonb_agg(jsonb_build_object('column', p."column", 'type', p.type, 'source', p.source)),
                                '[]')
                  from bunkd.plan_test_job(v_schedule, v_shape, p_set, p_from) as p),
    'others_wait', v_others,
    'newest', v_example,
    'obstacles', (select coalesce(jsonb_agg(to_jsonb(o)), '[]') from bunkd.find_obstacles(p_schedule) as o));
end
$$;

comment on function bunkd.preview_test_job(text, jsonb, text) is
  'What bunkd.add_test_job would put into the queue, without a value; whether other jobs can be claimed, the newest '
  'job''s id, and what keeps calls from being made. Raises what bunkd.open_test_queue raises.';
