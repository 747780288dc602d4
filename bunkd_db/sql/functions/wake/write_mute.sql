create or replace function bunkd.write_mute(p_xact text) returns text
language plpgsql immutable parallel safe  -- a SQL function would be planned anew at every call
set search_path = pg_catalog, pg_temp
as $$
declare
  v_xid constant text := p_xact;
begin
  return /* shared/wake_mute */;
end
$$;

comment on function bunkd.write_mute(text) is
  'What bunkd.name_wake_setting holds while a transaction wakes nobody any more.';
