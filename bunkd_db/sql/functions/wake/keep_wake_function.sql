create or replace function bunkd.keep_wake_function(p_queue regclass, p_may_create boolean) returns oid
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'  -- queues that are locked already must not wait for who holds the name
as $$
declare
  v_name_is constant text := '([[:alpha:]_][[:alnum:]_$]*|"[^"]+")';
  v_stated constant oid := 'bunkd.on_queue_write'::regproc;
  v_text text;
  v_name text;
  v_schema regnamespace;
  v_owner oid;
  v_owners oid[] := '{}';
  v_copy oid;
  v_is_ours boolean;
  v_is_current boolean;
  v_grantee text;
begin
  for v_pass in 0 .. 2 loop
    if v_pass = 1 then
      -- of all queues in this schema: who restores a dump of its own table creates the triggers again
      v_owners := array(
        select distinct q.relowner
          from pg_class c
          join bunkd.schedule s on true
         -- what is no name, which a row by hand may have, would be an error
         cross join lateral parse_ident(case when s.queue_table ~ concat('^(', v_name_is, '[.])?', v_name_is, '$')
                                        then s.queue_table else '_' end) as i (name)
          join pg_class q on q.relnamespace = c.relnamespace and q.relname = i.name[cardinality(i.name)]
         where c.oid = p_queue);
    end if;
    select c.relnamespace, c.relowner, p.oid, pg_get_userbyid(p.proowner) = current_user,
           p.prokind = 'f' and p.prosecdef and p.prolang = o.prolang and p.prosrc = o.prosrc
           and p.proconfig = o.proconfig and has_function_privilege(c.relowner, p.oid, 'execute')
           and not exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
                            where a.grantee <> all (array[p.proowner, c.relowner] || v_owners))
      into v_schema, v_owner, v_copy, v_is_ours, v_is_current
      from pg_class c
      join pg_proc o on o.oid = v_stated
      left join pg_proc p on p.pronamespace = c.relnamespace and p.proname = 'bunkd_on_queue_write' and p.pronargs = 0
     where c.oid = p_queue;
    if v_is_ours and (v_is_current or not p_may_create) then
      return v_copy;
    elsif v_pass = 0 then  -- what most ticks do not come to
      continue;
    -- a superuser would replace a stranger's function, which then stays the stranger's
    elsif v_copy is not null and not v_is_ours or not p_may_create or v_pass = 2
          or not has_schema_privilege(v_schema, 'create') then
      return v_stated;
    end if;
    v_text := pg_get_functiondef(v_stated);
    v_name := format('%s.bunkd_on_queue_write', v_schema);
    execute format('create or replace function %s%s', v_name, substr(v_text, strpos(v_text, '(')));
    execute format('comment on function %s() is %L', v_name,
                   'Of bunkd-db: at the commit of a write to the queue, asks for a call of the function that processes '
                   'it. Does nothing where bunkd-db is not installed.');
    for v_grantee in
      select distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end
        from pg_proc p
       cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
       where p.pronamespace = v_schema and a.grantee <> all (p.proowner || v_owners) and /* shared/our_copy */
    loop
      execute format('revoke all on function %s() from %s cascade', v_name, v_grantee);
    end loop;
    if pg_get_userbyid(v_owner) <> current_user then
      execute format('grant execute on function %s() to %I', v_name, pg_get_userbyid(v_owner));
    end if;
  end loop;
exception when others then  -- a copy that cannot be had must not break a deploy or a tick
  return v_stated;
end
$$;

comment on function bunkd.keep_wake_function(regclass, boolean) is
  'The function for the wake''s triggers on a queue: a copy of bunkd.on_queue_write in the queue''s own schema, so '
  'that a dump of it can be restored where there is no bunkd-db; made or replaced where p_may_create. '
  'bunkd.on_queue_write itself where no copy can be had.';
