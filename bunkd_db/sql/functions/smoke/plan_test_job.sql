create or replace function bunkd.plan_test_job(
  p_schedule bunkd.schedule,
  p_shape bunkd.queue_shape,
  p_set jsonb,
  p_from text,
  out "column" name,
  out type text,
  out source text,
  out value text
) returns setof record
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_key constant record := bunkd.find_key(p_shape.queue);
  v_text constant text := 'Plain white soap, 100 g, without perfume (a test by bunkd-db)';
  v_new constant text := 'bunkd-smoke-' || gen_random_uuid();
  v_names constant name[] := array(
    select a.attname from pg_attribute a where a.attrelid = p_shape.queue and a.attnum > 0 and not a.attisdropped);
  v_bunkd constant jsonb := case
    when v_names @> array['input_type', 'input_value', 'normalized_input', 'cache_key']::name[]
      then jsonb_build_object('input_type', 'text', 'input_value', v_text, 'normalized_input', v_text,
                              'cache_key', v_new)
    when v_names @> array['fingerprint', 'input_data']::name[]
      then jsonb_build_object('fingerprint', v_new, 'input_data', jsonb_build_object('text', v_text)) else '{}' end;
  -- what a job has of its own run, not of what is asked of it
  v_of_a_run constant text := '^(attempts?|tries|retries|.*_?error.*|result.*|output.*|claim.*|lock.*|worker.*|'
    'request_?id|job_?token|start.*|finish.*|complet.*|updated.*|created.*|bs_score|model_used|.*latency.*)$';
  v_each record;
  v_unique boolean;
  v_needed boolean;
  v_fresh text;
begin
  for v_each in
    select a.attname, a.attnum, a.attnotnull, a.atthasdef or y.typdefault is not null as has_default,
           format_type(a.atttypid, a.atttypmod) as type, /* shared/base_type */ as base
      from pg_attribute a join pg_type y on y.oid = a.atttypid
     where a.attrelid = p_shape.queue and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       and (a.attidentity = '' or p_set ? a.attname)
     order by a.attnum
  loop
    "column" := v_each.attname;
    type := v_each.type;
    source := 'made';
    value := null;
    v_unique := exists (select from pg_index i where i.indrelid = p_shape.queue and i.indisunique and i.indnkeyatts = 1
                                                 and i.indkey[0] = v_each.attnum);
    v_needed := v_each.attnotnull and not v_each.has_default;
    v_fresh := case when v_each.base in ('text'::regtype, 'varchar'::regtype) then v_new
                    when v_each.base = 'uuid'::regtype then gen_random_uuid()::text end;
    if p_set ? v_each.attname then
      source := 'set';
      value := p_set ->> v_each.attname;
    elsif v_each.attname = p_schedule.status_column then
      value := bunkd.first_status_value(p_shape.status_type, p_schedule.status_waiting);
    elsif v_each.attname = v_key.key or v_unique then
      continue when not v_needed;
      value := v_fresh;
    elsif p_from is not null and v_each.attname !~* v_of_a_run then
      execute format('select q.%I::text from %s as q where q.%I = %L::%s', v_each.attname, p_shape.queue, v_key.key,
                     p_from, format_type(v_key.key_type, -1)) into value;
      source := 'copied';
      continue when value is null and not v_needed;
    elsif not v_needed then
      continue;
    elsif v_bunkd ? v_each.attname then
      value := v_bunkd ->> v_each.attname;
    elsif v_each.base in ('timestamptz'::regtype, 'timestamp'::regtype) then
      value := clock_timestamp()::text;
    end if;
    if value is null and source <> 'set' then
      source := 'missing';
    end if;
    return next;
  end loop;
end
$$;

comment on function bunkd.plan_test_job(bunkd.schedule, bunkd.queue_shape, jsonb, text) is
  'What a test job''s row gets: what p_set says by column, the payload of the job p_from, and what can be found from '
  'the table: its status, a new value for what is unique, an input for both generations of Bunkd. source: set, '
  'copied, made, or missing: a column that needs a value which nobody knows.';
