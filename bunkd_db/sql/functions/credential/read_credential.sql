create or replace function bunkd.read_credential(p_schedule text, p_place text default 'current') returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_value text;
begin
  if (select c.store = 'vault' from bunkd.credential c where c.schedule = p_schedule and c.place = p_place) then
    if bunkd.can_use_vault() then
      begin
        select s.decrypted_secret into v_value from vault.decrypted_secrets s
         where s.name = bunkd.name_secret(p_schedule, p_place);
      exception when others then  -- of another key, or damaged; Vault's own words help nobody, and might quote it
        v_value := null;
      end;
    end if;
  else
    select s.value into v_value from bunkd.secret s where s.schedule = p_schedule and s.place = p_place;
  end if;
  if coalesce(v_value, '') = '' then
    raise exception 'the credential of schedule % cannot be read', p_schedule
      using errcode = 'object_not_in_prerequisite_state',
            hint = 'Set it again: bunkd-db credential set --schedule ' || p_schedule;
  end if;
  return v_value;
end
$$;

comment on function bunkd.read_credential(text, text) is
  'The credential of a schedule, or the secret in another place, for the moment of sending. Raises where there is none '
  'or Vault cannot decrypt it: a call without it is never sent.';
