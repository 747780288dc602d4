create or replace function bunkd.enable_extensions() returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name text;
  v_setting text;
begin
  foreach v_name in array array['pg_cron', 'pg_net'] loop
    if not exists (select from pg_available_extensions a where a.name = v_name) then
      return format('%s is not available on this server', v_name);
    elsif not exists (select from pg_extension e where e.extname = v_name)
      and exists (select from pg_namespace n where n.nspname = replace(v_name, 'pg_', '')) then
      return format('a schema called %s is there that is not %s''s', replace(v_name, 'pg_', ''), v_name);
    end if;
  end loop;
  -- pg_net can be created in any database and then never sends: only its own will do.
  v_setting := current_setting('pg_net.database_name', true);
  if v_setting is null then
    return 'pg_net is not in shared_preload_libraries';
  elsif v_setting <> current_database() then
    return format('pg_net works in database %s only, not in %s', v_setting, current_database());
  end if;
  begin
    v_setting := current_setting('cron.database_name', true);
    if v_setting is null then
      return 'pg_cron is not in shared_preload_libraries';
    elsif v_setting <> current_database() then
      return format('pg_cron works in database %s only, not in %s', v_setting, current_database());
    end if;
  exception when insufficient_privilege then
    null;  -- preloaded, but this role may not read in which database: create extension will tell
  end;

  -- One subtransaction: both or neither. Never with VERSION, and one that is there stays as it is.
  begin
    if not exists (select from pg_extension e where e.extname = 'pg_cron') then
      create extension pg_cron with schema pg_catalog;
    end if;
    if not exists (select from pg_extension e where e.extname = 'pg_net') then
      execute format('create extension pg_net with schema %I', coalesce(
        (select n.nspname from pg_namespace n where n.nspname = 'extensions'), 'pg_catalog'));
    end if;
    if not has_schema_privilege('cron', 'usage') or not has_function_privilege('cron.schedule(text, text, text)', 'execute') then
      raise exception 'role % may not use pg_cron: grant usage on schema cron to %', current_user, quote_ident(current_user);
    elsif not has_schema_privilege('net', 'usage') or not has_table_privilege('net._http_response', 'select')
       or not has_table_privilege('net.http_request_queue', 'select')
       -- before pg_net 0.12 its functions insert with their owner's privileges
       or not (has_table_privilege('net.http_request_queue', 'insert')
               or exists (select from pg_proc p where p.pronamespace = 'net'::regnamespace and p.proname = 'http_post' and p.prosecdef)) then
      raise exception 'role % may not use pg_net: grant usage on schema net, and select and insert on its tables, to %',
        current_user, quote_ident(current_user);
    end if;
  exception when others then  -- whatever stands in the way, a deploy goes on without the native scheduler
    return sqlerrm;
  end;
  return null;
end
$$;

comment on function bunkd.enable_extensions() is
  'Makes sure of pg_cron and pg_net, both or neither. Returns null where this database can make the calls itself, else why it cannot.';
