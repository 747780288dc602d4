create or replace function bunkd.has_credential(p_schedule text) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_store text;
begin
  select c.store into v_store from bunkd.credential c where c.schedule = p_schedule;
  case v_store
    when 'table' then return exists (select from bunkd.secret s where s.schedule = p_schedule and s.value <> '');
    when 'vault' then
      if not bunkd.can_use_vault() then
        return false;  -- dropped since, and then its table cannot even be named
      end if;
      return exists (select from vault.secrets s where s.name = 'bunkd:' || p_schedule);
    else return false;
  end case;
end
$$;

comment on function bunkd.has_credential(text) is
  'Whether a credential is kept for a schedule. It is not read or decrypted here.';
