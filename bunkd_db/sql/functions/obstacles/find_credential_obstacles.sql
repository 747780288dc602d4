create or replace function bunkd.find_credential_obstacles(p_schedule bunkd.schedule, out code text, out detail text, out remedy text)
returns setof record
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_schedule.url is null then
    return query select 'NO_URL', 'the schedule has no url', 'Set SUPABASE_URL or BUNKD_CALL_URL and run: bunkd-db upgrade';
  end if;
  if not bunkd.has_credential(p_schedule.name) then
    return query select 'NO_CREDENTIAL', 'the schedule has no credential', 'Run: bunkd-db credential set';
    return;
  end if;
  begin
    perform bunkd.read_credential(p_schedule.name);
  exception when others then  -- whatever Vault raises; its message may quote what it could not decrypt
    return query select 'CREDENTIAL_UNREADABLE', 'the credential is stored, but can no longer be read or decrypted',
      'Set it again: bunkd-db credential set';
  end;
end
$$;

comment on function bunkd.find_credential_obstacles(bunkd.schedule) is
  'For bunkd.find_obstacles: whether there are a url and a credential that can be read. It is read and thrown away.';
