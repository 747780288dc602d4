create or replace function bunkd.forget_secret(p_schedule text, p_place text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_vault uuid;
begin
  if bunkd.can_use_vault() then
    select s.id into v_vault from vault.secrets s where s.name = bunkd.name_secret(p_schedule, p_place);
    if found then
      begin
        delete from vault.secrets s where s.id = v_vault;
      exception when insufficient_privilege then  -- older Vaults let nobody delete
        perform vault.update_secret(v_vault, 'removed');
      end;
    end if;
  end if;
  delete from bunkd.secret s where s.schedule = p_schedule and s.place = p_place;
end
$$;

comment on function bunkd.forget_secret(text, text) is
  'Removes the value of a schedule''s secret, wherever it is; its row in bunkd.credential stays.';
