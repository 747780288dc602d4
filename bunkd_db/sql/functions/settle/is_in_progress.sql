create or replace function bunkd.is_in_progress(p_xid xid) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_next constant bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
  v_id bigint := (v_next >> 32 << 32) + p_xid::text::bigint;
begin
  -- An id in progress may be beyond the snapshot's end, where nothing that began later has ended.
  if v_id >= v_next + 2147483648 then
    v_id := v_id - 4294967296;
  end if;
  return case when v_id > 0 then
    case pg_xact_status(v_id::text::xid8)
      when 'in progress' then true
      when 'committed' then not pg_visible_in_snapshot(v_id::text::xid8, pg_current_snapshot())
    end end is true;
exception when invalid_parameter_value then  -- several have locked the row: what stands there is no transaction's id
  return false;
end
$$;

comment on function bunkd.is_in_progress(xid) is
  'Whether the transaction in a row''s xmax was in progress for the calling statement''s snapshot. An aborted one '
  'leaves its mark on the row, and so does one that has only locked it.';
