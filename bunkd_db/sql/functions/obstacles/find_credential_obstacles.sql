create or replace function bunkd.find_credential_obstacles(p_schedule bunkd.schedule)
returns setof bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_set constant text[] := array['bunkd-db credential set --schedule ' || p_schedule.name];
begin
  if p_schedule.url is null and p_schedule.deployed <> '{}' then
    return next row('NO_URL', 'the schedule has no url', 'Set SUPABASE_URL or BUNKD_CALL_URL, and upgrade:',
                    array[bunkd.write_upgrade(p_schedule)])::bunkd.obstacle;
  elsif p_schedule.url is null then  -- upgrades do not configure it
    return next row('NO_URL', 'the schedule has no url', 'Put its own URL in place of URL, and upgrade:',
                    array[bunkd.write_url_command(p_schedule.name), 'bunkd-db upgrade'])::bunkd.obstacle;
  end if;
  if not bunkd.has_credential(p_schedule.name) then
    return next row('NO_CREDENTIAL', 'the schedule has no credential', 'Set the credential:', v_set)::bunkd.obstacle;
    return;
  end if;
  begin
    perform bunkd.read_credential(p_schedule.name);
  exception when others then  -- whatever Vault raises; its message may quote what it could not decrypt
    return next row('CREDENTIAL_UNREADABLE', 'the credential is stored, but can no longer be read or decrypted',
                    'Set the credential again:', v_set)::bunkd.obstacle;
  end;
end
$$;

comment on function bunkd.find_credential_obstacles(bunkd.schedule) is
  'For bunkd.find_obstacles: whether there are a url and a credential that can be read. It is read and thrown away.';
