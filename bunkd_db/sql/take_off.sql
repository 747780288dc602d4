do $$
declare
  v_trigger record;
  v_function pg_catalog.regprocedure;
  v_name text;
  v_removed text;
  v_timeout constant text := pg_catalog.current_setting('lock_timeout');
begin
  -- Writers queue up behind whoever waits for this lock: so in short tries, each for all the tables, and none is held
  -- between.
  perform pg_catalog.set_config('lock_timeout', '200ms', true);
  for v_try in 1 .. 10 loop
    begin
      v_removed := null;
      for v_trigger in
        select t.tgname, t.tgrelid::pg_catalog.regclass as relation, q.oid as namespace, q.nspname as schema
          from pg_catalog.pg_trigger t
          join pg_catalog.pg_proc p on p.oid = t.tgfoid
          join pg_catalog.pg_namespace n on n.oid = p.pronamespace
          join pg_catalog.pg_class c on c.oid = t.tgrelid and c.relkind in ('r', 'p')
          join pg_catalog.pg_namespace q on q.oid = c.relnamespace
         where not t.tgisinternal and t.tgparentid = 0
           -- one that a stranger has put on a table of its own goes with the function
           and (n.nspname = 'bunkd'
                or pg_catalog.pg_has_role(c.relowner, 'usage') and /* shared/our_copy */)
         order by t.tgname
      loop
        begin
          execute pg_catalog.format('drop trigger %I on %s', v_trigger.tgname, v_trigger.relation);
        exception when insufficient_privilege then
          raise exception 'role % cannot remove the wake triggers from %: %', current_user, v_trigger.relation, sqlerrm
            using errcode = 'insufficient_privilege',
                  hint = case
                    when pg_catalog.has_schema_privilege(v_trigger.namespace, 'usage')
                      then pg_catalog.format('As its owner: drop trigger %I on %s;', v_trigger.tgname,
                                             v_trigger.relation)
                    else pg_catalog.format('As the owner of that schema: grant usage on schema %I to %I;',
                                           v_trigger.schema, current_user) end;
        end;
        v_removed := pg_catalog.concat_ws(', ', v_removed, v_trigger.tgname);
      end loop;
      exit;
    exception when lock_not_available then
      if v_try = 10 then
        raise;
      end if;
      perform pg_catalog.pg_sleep(0.2);
    end;
  end loop;
  -- The copies in the queues' own schemas. Any role may hold one of them, and the queue is locked by now: one that
  -- cannot be dropped at once, or whose schema is closed to us by now, stays, and does nothing.
  perform pg_catalog.set_config('lock_timeout', '50ms', true);
  for v_function in
    select p.oid from pg_catalog.pg_proc p where /* shared/our_copy */
  loop
    begin
      v_name := v_function;
      execute pg_catalog.format('drop function %s cascade', v_function);
      v_removed := pg_catalog.concat_ws(', ', v_removed, v_name);
    exception
      when lock_not_available then  -- a notice is for who runs this as a script
        raise notice '% stays, because a session holds it; it does nothing', v_name;
      when insufficient_privilege or dependent_objects_still_exist then
        raise notice '% stays: %; it does nothing', v_name, sqlerrm;
    end;
  end loop;
  perform pg_catalog.set_config('lock_timeout', v_timeout, true);
  perform pg_catalog.set_config('bunkd.taken_off', coalesce(v_removed, ''), true);
end
$$;
