create or replace function bunkd.is_filled(p_table text) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if has_schema_privilege(to_regnamespace('net'), 'usage') then  -- apart: looking in would be an error
    return coalesce(pg_relation_size(to_regclass('net.' || p_table)) > 64 * 1024 * 1024, false);
  end if;
  return false;
end
$$;

comment on function bunkd.is_filled(text) is
  'Whether a table of pg_net is above 64 MB: others may fill it, and a write of the application must not pay for that.';
