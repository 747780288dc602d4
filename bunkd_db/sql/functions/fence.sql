create or replace function bunkd.fence(p_schedule bunkd.schedule) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select case when p_schedule.system_identifier is distinct from c.system_identifier
              then 'this database is a copy: run bunkd-db upgrade here with the url and the credential set' end
    from pg_control_system() as c);
end
$$;

comment on function bunkd.fence(bunkd.schedule) is
  'Why this database must not call, or null: a dump that was restored elsewhere, or a preview branch, has another system identifier than the one that was provisioned.';
