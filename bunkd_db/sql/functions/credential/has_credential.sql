create or replace function bunkd.has_credential(p_schedule text, p_place text default 'current') returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_store text;
begin
  select c.store into v_store from bunkd.credential c where c.schedule = p_schedule and c.place = p_place;
  case v_store
    when 'table' then return exists (select from bunkd.secret s
                                      where s.schedule = p_schedule and s.place = p_place and s.value <> '');
    when 'vault' then
      if not bunkd.can_use_vault() then
        return false;  -- dropped since, and then its table cannot even be named
      end if;
      return exists (select from vault.secrets s where s.name = bunkd.name_secret(p_schedule, p_place));
    else return false;
  end case;
end
$$;

comment on function bunkd.has_credential(text, text) is
  'Whether a secret is kept in a place of a schedule, see bunkd.credential. It is not read or decrypted here.';
