create or replace function bunkd.enable_extensions(p_transport text) returns bunkd.obstacle
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_found bunkd.obstacle;
  v_name text;
  v_setting text;
begin
  foreach v_name in array array['pg_cron', p_transport] loop
    if not exists (select from pg_available_extensions a where a.name = v_name) then
      v_found.code := 'NO_FILES';
      v_found.detail := format('%s is not available on this server', v_name);
      return v_found;
    elsif not exists (select from pg_extension e where e.extname = v_name)
      and exists (select from pg_namespace n where n.nspname = replace(v_name, 'pg_', ''))
      -- http is created in a schema of that name only where there is none for extensions
      and not (v_name = 'http' and exists (select from pg_namespace n where n.nspname = 'extensions')) then
      v_found.code := 'FOREIGN_SCHEMA';
      v_found.detail := format('schema "%s" exists but does not belong to %s', replace(v_name, 'pg_', ''), v_name);
      return v_found;
    end if;
  end loop;
  -- pg_net can be created in any database and then never sends: only its own will do. pgsql-http works in each.
  v_setting := case p_transport when 'http' then current_database()
               else current_setting('pg_net.database_name', true) end;
  if v_setting is null then
    v_found.code := 'NOT_PRELOADED';
    v_found.detail := 'pg_net is not in shared_preload_libraries';
    return v_found;
  elsif v_setting <> current_database() then
    v_found.code := 'WRONG_DB';
    v_found.detail := format('pg_net works only in database %s, not in %s', v_setting, current_database());
    return v_found;
  end if;
  begin
    v_setting := current_setting('cron.database_name', true);
    if v_setting is null then
      v_found.code := 'NOT_PRELOADED';
      v_found.detail := 'pg_cron is not in shared_preload_libraries';
      return v_found;
    elsif v_setting <> current_database() then
      v_found.code := 'WRONG_DB';
      v_found.detail := format('pg_cron works only in database %s, not in %s', v_setting, current_database());
      return v_found;
    end if;
  exception when insufficient_privilege then
    null;  -- preloaded, but this role cannot read in which database: create extension will tell
  end;

  -- One subtransaction: both or neither. Never with VERSION, and one that is there stays as it is.
  begin
    if not exists (select from pg_extension e where e.extname = 'pg_cron') then
      create extension pg_cron with schema pg_catalog;
    end if;
    if p_transport = 'http' and not exists (select from pg_extension e where e.extname = 'http') then
      perform bunkd.create_http();
    elsif p_transport = 'pg_net' and not exists (select from pg_extension e where e.extname = 'pg_net') then
      execute format('create extension pg_net with schema %I', coalesce(
        (select n.nspname from pg_namespace n where n.nspname = 'extensions'), 'pg_catalog'));
    end if;
    if not has_schema_privilege('cron', 'usage')
      or not has_function_privilege('cron.schedule(text, text, text)', 'execute')
       or not has_function_privilege('cron.unschedule(bigint)', 'execute') then
      v_found.code := 'NO_SCHEMA_USAGE';
      v_found.remedy := format('Grant role %I the use of pg_cron, as its owner, then upgrade:', current_user);
      v_found.commands := array[format('grant usage on schema cron to %I;', current_user),
                                format('grant execute on all functions in schema cron to %I;', current_user),
                                'bunkd-db upgrade'];
      raise exception 'role % cannot use pg_cron', quote_ident(current_user);
    elsif p_transport = 'http' and bunkd.find_http() is null then
      v_found.code := 'NO_SCHEMA_USAGE';
      v_found.remedy := format('Grant role %I the use of http, as its owner, or let a superuser create it; then '
                               'upgrade:', current_user);
      v_found.commands := bunkd.write_http_grants() || 'bunkd-db upgrade'::text;
      raise exception 'role % cannot use http', quote_ident(current_user);
    elsif p_transport = 'http' and bunkd.count_lanes() < 1 then
      v_found.code := 'TOO_FEW_JOBS';
      v_found.remedy := 'Raise cron.max_running_jobs in the server''s configuration and restart it, then upgrade:';
      v_found.commands := array['bunkd-db upgrade'];
      raise exception 'pg_cron runs one job at once (cron.max_running_jobs), and a lane would take it for itself';
    elsif p_transport = 'pg_net' and cardinality(bunkd.find_missing_net_rights()) > 0 then
      v_found.code := 'NO_SCHEMA_USAGE';
      v_found.remedy := format('Grant role %I the use of pg_net, as its owner, then upgrade:', current_user);
      v_found.commands := bunkd.find_missing_net_rights() || 'bunkd-db upgrade'::text;
      raise exception 'role % cannot use pg_net', quote_ident(current_user);
    end if;
  exception when others then  -- whatever stands in the way, a deploy goes on without the native scheduler
    v_found.detail := sqlerrm;
    v_found.code := coalesce(v_found.code, case sqlstate when '42501' then 'NEED_PRIV' else 'EXTENSION_REFUSED' end);
  end;
  return v_found;
end
$$;

comment on function bunkd.enable_extensions(text) is
  'Makes sure of pg_cron and of the extension that sends, pg_net or http, both or neither. Returns nulls '
  'where this database can make the calls itself, else why it cannot, with the code of the check of the same obstacle; '
  'a remedy only where no provider has one of its own.';
