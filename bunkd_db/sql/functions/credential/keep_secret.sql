create or replace function bunkd.keep_secret(p_schedule text, p_place text, p_value text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_name constant text := bunkd.name_secret(p_schedule, p_place);
  v_vault uuid;
  v_back text;
  v_store text := 'table';
begin
  begin
    if bunkd.can_use_vault() then
      select id into v_vault from vault.secrets where name = v_name;
      if found then
        perform vault.update_secret(v_vault, p_value);
      else
        perform vault.create_secret(p_value, v_name, 'What bunkd-db sends with every call');
      end if;
      -- a Vault that has lost its key takes a secret and never gives it back
      select d.decrypted_secret into v_back from vault.decrypted_secrets d where d.name = v_name;
      if v_back is distinct from p_value then
        raise exception 'Vault does not return the credential' using errcode = 'object_not_in_prerequisite_state';
      end if;
      v_store := 'vault';
    end if;
  exception when others then  -- a Vault that is broken must not break a deploy; check says where the credential is
    raise log 'bunkd: Vault refused the credential (SQLSTATE %), it is kept in bunkd.secret', sqlstate;
  end;
  if v_store = 'vault' then
    delete from bunkd.secret where schedule = p_schedule and place = p_place;
  else
    insert into bunkd.secret (schedule, place, value) values (p_schedule, p_place, p_value)
    on conflict (schedule, place) do update set value = excluded.value;
  end if;
  return v_store;
end
$$;

comment on function bunkd.keep_secret(text, text, text) is
  'Puts a secret of a schedule into Vault where there is one that gives it back, else into bunkd.secret. Returns where '
  'it is: vault or table.';
