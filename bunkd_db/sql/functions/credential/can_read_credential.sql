create or replace function bunkd.can_read_credential(p_schedule text) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return bunkd.has_credential(p_schedule) and bunkd.find_credential(p_schedule) is not null;
end
$$;

comment on function bunkd.can_read_credential(text) is
  'Whether a credential is kept for a schedule and can be decrypted; bunkd.has_credential is the cheap half of it.';
