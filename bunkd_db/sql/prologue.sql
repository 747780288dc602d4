-- first: what strangers have put into public must not be met, nor be remembered by a view
set local search_path = pg_catalog, pg_temp;
set local statement_timeout = '5min';
set local lock_timeout = '60s';
set local standard_conforming_strings = on;
-- a runner that is stopped half-way must not hold the queue's lock
set local idle_in_transaction_session_timeout = '10s';
-- one upgrade at a time: Alembic itself has no lock
select pg_catalog.pg_advisory_xact_lock(7162065917316);
set local lock_timeout = '2s';
do $$
declare
  v_owner name;
begin
  if pg_catalog.current_setting('server_version_num')::integer < 140000 then
    raise exception 'this server is PostgreSQL %; bunkd-db needs 14 or newer', pg_catalog.current_setting('server_version')
      using errcode = 'object_not_in_prerequisite_state';
  elsif pg_catalog.current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the transaction is %, and would not see what an upgrade before it did', pg_catalog.current_setting('transaction_isolation')
      using errcode = 'object_not_in_prerequisite_state', hint = 'Run it as READ COMMITTED.';
  end if;
  select pg_catalog.pg_get_userbyid(n.nspowner) into v_owner from pg_catalog.pg_namespace n where n.nspname = 'bunkd';
  if v_owner is null then
    if not pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create') then
      raise exception 'role % may not create a schema in database %', current_user, pg_catalog.current_database()
        using errcode = 'insufficient_privilege',
              hint = pg_catalog.format('As its owner: grant create on database %I to %I;', pg_catalog.current_database(), current_user);
    end if;
    create schema bunkd;
    comment on schema bunkd is 'bunkd-db: calls the function that works off the job queue. See bunkd.status.';
  elsif v_owner <> current_user then
    raise exception 'schema bunkd belongs to role %, this is role %', v_owner, current_user
      using errcode = 'insufficient_privilege', hint = pg_catalog.format('Connect as %I.', v_owner);
  end if;
end
$$;
