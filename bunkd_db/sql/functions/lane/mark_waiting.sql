create or replace function bunkd.mark_waiting(p_shape bunkd.queue_shape) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_marked jsonb;
begin
  execute format('select jsonb_agg(w.mark) from (select q.tableoid || '' '' || q.ctid as mark'
                 ' from (select tableoid, ctid from %s where %s limit 1000) as q) as w',
                 p_shape.queue, p_shape.claimable)
    into v_marked;
  return case when jsonb_array_length(v_marked) < 1000 then v_marked end;
exception when others then  -- a view has no places; then it is not known
  return null;
end
$$;

comment on function bunkd.mark_waiting(bunkd.queue_shape) is
  'Where the waiting rows stand, for bunkd.has_left; null where there are 1,000 or more, or where that cannot be told.';
