create or replace function bunkd.write_http_grants() returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return array(
    select g.statement
      from pg_extension e join pg_namespace n on n.oid = e.extnamespace
     cross join lateral (values
       (1, format('grant usage on schema %I to %I;', n.nspname, current_user)),
       (2, format('grant execute on function %1$I.http(%1$I.http_request), %1$I.http_set_curlopt(varchar, varchar) to '
                  '%2$I;', n.nspname, current_user))) as g (place, statement)
     where e.extname = 'http' order by g.place);
end
$$;

comment on function bunkd.write_http_grants() is
  'The grants with which this role can send by the extension http, as statements for its owner.';
