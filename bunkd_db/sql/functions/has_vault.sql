create or replace function bunkd.has_vault() returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(bool_and(
           has_schema_privilege(n.oid, 'usage')
           and has_table_privilege(s.oid, 'select')
           and has_function_privilege(f.oid, 'execute')), false)
    from pg_extension e
    join pg_namespace n on n.nspname = 'vault'
    join pg_class s on s.relnamespace = n.oid and s.relname in ('secrets', 'decrypted_secrets')
    join pg_proc f on f.pronamespace = n.oid and f.proname in ('create_secret', 'update_secret')
   where e.extname = 'supabase_vault'
$$;

comment on function bunkd.has_vault() is
  'Whether Supabase Vault is installed and this role may keep a credential in it.';
