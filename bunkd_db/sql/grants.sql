do $$
declare
  v_object record;
  v_others text;
  v_reader text;
begin
  -- create or replace keeps what somebody else has granted, and default privileges may have granted more.
  for v_object in
    select 'schema' as kind, quote_ident(n.nspname) as name, n.nspacl as acl, n.nspowner as owner from pg_catalog.pg_namespace n
     where n.nspname = 'bunkd'
    union all
    select case when c.relkind = 'S' then 'sequence' else 'table' end, c.oid::pg_catalog.regclass::text, c.relacl, c.relowner
      from pg_catalog.pg_class c where c.relnamespace = 'bunkd'::pg_catalog.regnamespace and c.relkind in ('r', 'v', 'S')
    union all
    select 'function', p.oid::pg_catalog.regprocedure::text, coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)), p.proowner
      from pg_catalog.pg_proc p where p.pronamespace = 'bunkd'::pg_catalog.regnamespace
  loop
    select pg_catalog.string_agg(distinct case when a.grantee = 0 then 'public' else a.grantee::pg_catalog.regrole::text end, ', ')
      into v_others from pg_catalog.aclexplode(v_object.acl) as a where a.grantee <> v_object.owner;
    if v_others is not null then
      execute pg_catalog.format('revoke all on %s %s from %s', v_object.kind, v_object.name, v_others);
    end if;
  end loop;

  select r.rolname into v_reader from bunkd.access a join pg_catalog.pg_roles r on r.rolname = a.role where a.kind = 'reader';
  if v_reader is not null then
    execute pg_catalog.format('grant usage on schema bunkd to %1$I;
      grant select on bunkd.status, bunkd.recent_calls to %1$I;
      grant execute on function bunkd.fence(bunkd.schedule), bunkd.queue_counts(text) to %1$I;', v_reader);
  end if;
end
$$;
