do $$
begin
  -- only where it is missing: who replaces a trigger locks the view, and any role that may log in can keep it locked
  if not exists (select from pg_catalog.pg_trigger t
                  where t.tgrelid = 'bunkd.credential_inbox'::pg_catalog.regclass and t.tgname = 'store_credential'
                    and t.tgfoid = 'bunkd.store_credential'::pg_catalog.regproc
                    and t.tgenabled = 'O' and t.tgtype = 69) then
    create or replace trigger store_credential instead of insert on bunkd.credential_inbox
      for each row execute function bunkd.store_credential();
  end if;
end
$$;

comment on trigger store_credential on bunkd.credential_inbox is
  'Stores what comes through the door; see the function.';
