do $$
declare
  v_object record;
  v_reader text;
  v_worker text;
begin
  -- create or replace keeps what somebody else has granted, and default privileges may have granted more. What
  -- belongs to another role is not ours to close.
  for v_object in
    with object (kind, name, acl, owner) as (
      select 'schema', quote_ident(n.nspname), n.nspacl, n.nspowner from pg_catalog.pg_namespace n
        where n.nspname = 'bunkd'
      union all
      select case when c.relkind = 'S' then 'sequence' else 'table' end, c.oid::pg_catalog.regclass::text, c.relacl,
        c.relowner
        from pg_catalog.pg_class c where c.relnamespace = 'bunkd'::pg_catalog.regnamespace
          and c.relkind in ('r', 'p', 'v', 'm', 'S')
      union all
      select 'table', c.oid::pg_catalog.regclass::text, a.attacl, c.relowner  -- closing a table closes its columns
        from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
       where c.relnamespace = 'bunkd'::pg_catalog.regnamespace and a.attacl is not null
      union all
      select 'routine', p.oid::pg_catalog.regprocedure::text,
        coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)), p.proowner
        from pg_catalog.pg_proc p where p.pronamespace = 'bunkd'::pg_catalog.regnamespace
    )
    select o.kind, o.name,
           pg_catalog.string_agg(distinct case when a.grantee = 0 then 'public'
                                 else a.grantee::pg_catalog.regrole::text end, ', ') as others
      from object o cross join lateral pg_catalog.aclexplode(o.acl) as a
     where a.grantee <> o.owner and pg_catalog.pg_get_userbyid(o.owner) = current_user
     group by o.kind, o.name
  loop
    execute pg_catalog.format('revoke all on %s %s from %s cascade', v_object.kind, v_object.name, v_object.others);
  end loop;

  select r.rolname into v_reader from bunkd.access a join pg_catalog.pg_roles r on r.rolname = a.role
    where a.kind = 'reader';
  if v_reader is not null then
    execute pg_catalog.format('grant usage on schema bunkd to %1$I;
      grant select on bunkd.status, bunkd.obstacles, bunkd.recent_calls, bunkd.call_history,
        bunkd.history to %1$I;
      grant execute on function bunkd.fence(bunkd.schedule), bunkd.count_queue(text), bunkd.find_obstacles(text),
        bunkd.read_state(text), bunkd.find_pace(bunkd.schedule), bunkd.is_failure(text, text), bunkd.read_status(text),
        bunkd.explain_job(text, text), bunkd.read_history(text),
        bunkd.is_paused(bunkd.schedule), bunkd.read_schedules(text) to %1$I;', v_reader);
  end if;
  select r.rolname into v_worker from bunkd.access a join pg_catalog.pg_roles r on r.rolname = a.role
    where a.kind = 'worker';
  if v_worker is not null then
    execute pg_catalog.format('grant usage on schema bunkd to %1$I;
      grant execute on function bunkd.worker_exchange(text, text, jsonb),
        bunkd.worker_exchange_v1(text, text, jsonb) to %1$I;', v_worker);
  end if;
end
$$;
