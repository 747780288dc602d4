create or replace function bunkd.read_identity(
  out system_identifier bigint,
  out database_oid oid,
  out timeline text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  select d.oid into database_oid from pg_database d where d.datname = current_database();
  begin
    select c.system_identifier into system_identifier from pg_control_system() as c;
  exception when others then  -- revoked, or a server without a control file, in whatever words: the rest has to do
    system_identifier := null;
  end;
  begin
    if not pg_is_in_recovery() then
      -- pg_control_checkpoint() lags behind until the next checkpoint
      timeline := left(pg_walfile_name(pg_current_wal_lsn()), 8);
    end if;
  exception when others then  -- likewise
    timeline := null;
  end;
end
$$;

comment on function bunkd.read_identity() is
  'What a copy is told by: the cluster''s identifier, the database''s oid, and the timeline, as in the name of a WAL '
  'file. Null: this server does not say, or is a standby.';
