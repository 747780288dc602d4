-- first: what strangers have put into public must not be met, nor be remembered by a view
set local search_path = pg_catalog, pg_temp;
set local statement_timeout = '5min';
set local lock_timeout = '60s';
set local standard_conforming_strings = on;
-- a runner that is stopped half-way must not hold the queue's lock
set local idle_in_transaction_session_timeout = '10s';
do $$
declare
  v_owner name;
begin
  if pg_catalog.current_setting('server_version_num')::integer < 140000 then
    raise exception 'this server is PostgreSQL %; bunkd-db needs 14 or newer',
      pg_catalog.current_setting('server_version')
      using errcode = 'object_not_in_prerequisite_state';
  elsif pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the transaction is %, so it would not see what earlier upgrades did',
      pg_catalog.current_setting('transaction_isolation')
      using errcode = 'object_not_in_prerequisite_state', hint = 'Run it as READ COMMITTED.';
  end if;
  -- One upgrade at a time, for Alembic has no lock: a comment on the schema is for its owner alone, and a second one
  -- waits until the first has committed. An advisory lock could be taken, and kept, by any role that may log in.
  for v_pass in 1 .. 100 loop
    -- Its lock makes this session hear what others did. Without it the name of a schema that is gone could stay taken
    -- forever: who holds a lock on the catalog already does not hear when asking for it again.
    perform from pg_catalog.pg_get_object_address('schema', '{pg_catalog}', '{}');
    select pg_catalog.pg_get_userbyid(n.nspowner) into v_owner from pg_catalog.pg_namespace n where n.nspname = 'bunkd';
    begin
      if v_owner is null then
        if not pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create') then
          raise exception 'role % cannot create a schema in database %', current_user, pg_catalog.current_database()
            using errcode = 'insufficient_privilege',
                  hint = pg_catalog.format('As its owner: grant create on database %I to %I;',
                                           pg_catalog.current_database(), current_user);
        end if;
        create schema bunkd;
      elsif v_owner <> current_user then
        raise exception 'schema bunkd belongs to role %, but this is role %', v_owner, current_user
          using errcode = 'insufficient_privilege', hint = pg_catalog.format('Connect as %I.', v_owner);
      end if;
      comment on schema bunkd is 'bunkd-db: calls the function that processes the job queue. See bunkd.status.';
      exit;
    exception when duplicate_schema or unique_violation or invalid_schema_name then
      -- another upgrade made it, or another downgrade dropped it, while this one waited: look again
      if v_pass = 100 then
        raise exception 'schema bunkd was created or dropped by another session % times while this one waited for it',
          v_pass
          using errcode = 'object_not_in_prerequisite_state', hint = 'Run upgrades and downgrades one after the other.';
      end if;
    end;
  end loop;
end
$$;
set local lock_timeout = '2s';
