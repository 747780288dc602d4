create or replace function bunkd.write_cron_command(p_schedule text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select /* shared/cron_command */
    from (values (p_schedule)) as s (name)
$$;

comment on function bunkd.write_cron_command(text) is
  'What a schedule''s cron job runs: a tick in a transaction that no default of the role or the database reaches.';
