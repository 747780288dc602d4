do $$
declare
  v_start constant text := $START$;
  v_now text;
begin
  if pg_catalog.to_regclass('bunkd.alembic_version') is not null then
    select pg_catalog.string_agg(a.version_num, ',' order by a.version_num) into v_now from bunkd.alembic_version a;
  end if;
  if v_now is distinct from v_start or v_now is null and pg_catalog.to_regclass('bunkd.schedule') is not null then
    raise exception 'this script starts at revision %, but the database is at %',
      coalesce(v_start, 'base (nothing installed)'), coalesce(v_now, 'base (nothing installed)')
      using errcode = 'object_not_in_prerequisite_state',
            hint = case when v_now is null and pg_catalog.to_regclass('bunkd.schedule') is not null
                        then 'The schema has no revision, as after the restore of a schema-only dump: run bunkd-db '
                             'upgrade without --sql once. ' else '' end
                || pg_catalog.format('Generate it again with: bunkd-db upgrade --sql %s:head', coalesce(v_now, 'base'));
  end if;
end
$$;
