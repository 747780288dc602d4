-- A fresh server made to look like a Supabase project: roles, memberships, owners, default privileges.
-- Runs once as supabase_admin. Defaults of the schema public are in public.sql, which a wiped database needs again.
create role postgres login createdb createrole replication bypassrls password 'postgres';
create role anon nologin inherit;
create role authenticated nologin inherit;
create role service_role nologin inherit bypassrls;
create role authenticator login noinherit password 'postgres';
create role dashboard_user nologin createdb createrole replication;
create role supabase_auth_admin login noinherit createrole password 'postgres';
create role supabase_storage_admin login noinherit createrole password 'postgres';
create role supabase_functions_admin login noinherit createrole password 'postgres';
create role supabase_read_only_user login bypassrls password 'postgres';
create role supabase_replication_admin login replication password 'postgres';

grant anon, authenticated, service_role to authenticator;
grant pg_monitor, pg_read_all_data to supabase_read_only_user;

do $$
begin
  execute 'grant anon, authenticated, service_role, authenticator, pg_monitor, pg_read_all_data, pg_signal_backend'
    || ' to postgres'
    || case when current_setting('server_version_num')::int >= 160000 then ' with admin option' else '' end;
end
$$;
grant execute on function pg_catalog.pg_reload_conf() to postgres;

alter role supabase_admin set search_path to "$user", public, auth, extensions;
alter role supabase_admin set log_statement to 'none';
alter role postgres set search_path to "$user", public, extensions;
alter role anon set statement_timeout to '3s';
alter role authenticated set statement_timeout to '8s';
alter role authenticator set statement_timeout to '8s';
alter role authenticator set lock_timeout to '8s';

alter database postgres owner to postgres;

create schema extensions authorization postgres;
grant usage on schema extensions to anon, authenticated, service_role;
grant all on schema extensions to dashboard_user;
create extension pgcrypto with schema extensions;
create extension "uuid-ossp" with schema extensions;
create extension pg_stat_statements with schema extensions;
