do $$
begin
  -- only where it is missing: who replaces a trigger locks the table, and ticks and commands that change a row wait
  if not exists (select from pg_catalog.pg_trigger t
                  where t.tgrelid = 'bunkd.schedule'::pg_catalog.regclass and t.tgname = 'record_change'
                    and t.tgfoid = 'bunkd.record_schedule_change'::pg_catalog.regproc
                    and t.tgenabled = 'O' and t.tgtype = 21) then
    create or replace trigger record_change after insert or update on bunkd.schedule
      for each row execute function bunkd.record_schedule_change();
  end if;
  if not exists (select from pg_catalog.pg_trigger t
                  where t.tgrelid = 'bunkd.credential'::pg_catalog.regclass and t.tgname = 'record_change'
                    and t.tgfoid = 'bunkd.record_credential_change'::pg_catalog.regproc
                    and t.tgenabled = 'O' and t.tgtype = 29) then
    create or replace trigger record_change after insert or update or delete on bunkd.credential
      for each row execute function bunkd.record_credential_change();
  end if;
end
$$;

comment on trigger record_change on bunkd.schedule is 'Records what is changed, by whomever; see the function.';
comment on trigger record_change on bunkd.credential is 'Records what is changed, by whomever; see the function.';
