create or replace function bunkd.write_opening(p_schedule bunkd.schedule) returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- what an upgrade by name, or by bunkd.toml, has set is not what one without them sets
  if (p_schedule.deployed <> '{}' and not p_schedule.deployed ? 'by') or p_schedule.mode is null
    or (p_schedule.system_identifier is null and p_schedule.database_oid is null) then
    return array['bunkd-db upgrade'];
  end if;
  return case when p_schedule.mode = 'native'
              then array['bunkd-db credential set --schedule ' || p_schedule.name] else '{}' end
    || format('select bunkd.open_schedule(%L, ''URL'');', p_schedule.name);
end
$$;

comment on function bunkd.write_opening(bunkd.schedule) is
  'The commands that let a schedule call from a copy: an upgrade for the one that upgrades set unnamed, else its '
  'credential and bunkd.open_schedule. The latter refuses the placeholder URL, so that a command that is pasted as '
  'it is never calls the original''s function.';
