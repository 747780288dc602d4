create or replace function bunkd.has_left(p_schedule bunkd.schedule, p_marked jsonb) returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_shape bunkd.queue_shape;
  v_now jsonb;
begin
  if jsonb_typeof(p_marked) is distinct from 'array' then
    return null;
  end if;
  v_shape := bunkd.read_queue_shape(p_schedule);
  if v_shape.problem is not null then
    return null;
  end if;
  v_now := coalesce(bunkd.mark_waiting(v_shape), '[]');
  return not v_now @> p_marked;
exception when others then
  return null;
end
$$;

comment on function bunkd.has_left(bunkd.schedule, jsonb) is
  'Whether one of the rows that waited at bunkd.mark_waiting waits no more, or is another version now; null: not '
  'known. Where lanes send, no trigger on the queue counts what moves.';
