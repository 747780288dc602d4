create or replace function bunkd.write_url_command(p_schedule text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return format('update bunkd.schedule set url = ''URL'' where name = %L;', p_schedule);
end
$$;

comment on function bunkd.write_url_command(text) is
  'The command that sets the url of a schedule that upgrades do not configure. A constraint refuses the placeholder.';
