create or replace function bunkd.can_use_vault() returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select count(*) = 2
          and bool_and(has_schema_privilege(c.relnamespace, 'usage') and has_table_privilege(c.oid, 'select'))
            from pg_class c
           where c.oid in (bunkd.find_relation('supabase_vault', 'vault', 'secrets'),
                           bunkd.find_relation('supabase_vault', 'vault', 'decrypted_secrets')))
     and (select count(*) = 2 and bool_and(has_function_privilege(p.oid, 'execute'))
            from pg_proc p
           where p.oid in (bunkd.find_routine('supabase_vault', 'vault', 'create_secret'),
                           bunkd.find_routine('supabase_vault', 'vault', 'update_secret')));
end
$$;

comment on function bunkd.can_use_vault() is
  'Whether Supabase Vault is installed, nothing beside it bears its names, and this role may keep a credential in it.';
