create or replace function bunkd.can_read_credential(p_schedule text, p_place text default 'current') returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return bunkd.has_credential(p_schedule, p_place) and bunkd.find_credential(p_schedule, p_place) is not null;
end
$$;

comment on function bunkd.can_read_credential(text, text) is
  'Whether a credential is kept for a schedule and can be decrypted; bunkd.has_credential is the cheap half of it.';
