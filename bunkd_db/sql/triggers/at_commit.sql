do $$
begin
  -- create or replace does not know constraint triggers
  if not exists (select from pg_catalog.pg_trigger t
                  where t.tgrelid = 'bunkd.wake'::pg_catalog.regclass and t.tgname = 'at_commit'
                    and t.tgfoid = 'bunkd.dispatch_at_commit'::pg_catalog.regproc
                    and t.tgenabled = 'O' and t.tginitdeferred) then
    drop trigger if exists at_commit on bunkd.wake;
    create constraint trigger at_commit after insert on bunkd.wake deferrable initially deferred
      for each row execute function bunkd.dispatch_at_commit();
  end if;
end
$$;

comment on trigger at_commit on bunkd.wake is 'Dispatches at the writer''s commit; see the function.';
