create or replace function bunkd.leave_foreign_proxy() returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if concat(current_setting('http.curlopt_proxy', true), current_setting('http.curlopt_pre_proxy', true),
            current_setting('http.curlopt_dns_servers', true)) = '' then
    return;  -- what nearly every request finds
  end if;
  -- What a role has is set by that role or by those who can become it; what a database has, by its owner.
  perform set_config(g.name, '', true)
    from pg_settings g
   where g.source = 'database'
     and g.name in ('http.curlopt_proxy', 'http.curlopt_pre_proxy', 'http.curlopt_dns_servers')
     and not bunkd.is_trusted((select d.datdba from pg_database d where d.datname = current_database()));
end
$$;

comment on function bunkd.leave_foreign_proxy() is
  'For the rest of this transaction: no proxy and no name server that the owner of the database has set for all of '
  'its sessions, where that owner is not trusted. It would hear the credential. After pgsql-http is loaded, because '
  'its settings are not in pg_settings before.';
