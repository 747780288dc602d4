create or replace function bunkd.find_witness_key(p_shape bunkd.queue_shape) returns name
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  -- numbers go on the same here and there; a random id that was made here is nowhere else
  select k.attname from pg_class q cross join lateral /* shared/key_column */ as k
   where q.oid = p_shape.queue and k.atttypid = 'uuid'::regtype
     and p_shape.problem is null and p_shape.created_column is not null
$$;

comment on function bunkd.find_witness_key(bunkd.queue_shape) is
  'The key of a queue whose jobs can show which database a function serves: a uuid, beside a column that says when a '
  'job was queued. Null: a probe would show nothing.';
