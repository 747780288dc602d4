with ours as (
  select c.* from pg_class c where c.relnamespace = to_regnamespace('bunkd')
), acl as (
  -- in an order of its own, with what null stands for
  select 'pg_class'::regclass as of_class, c.oid, array(
    select unnest(coalesce(c.relacl, acldefault(case when c.relkind = 'S' then 's' else 'r' end::"char",
                                                c.relowner)))::text
     order by 1)::text as granted
    from pg_class c
   where c.relkind in ('r', 'p', 'v', 'm', 'S')
     and (c.relnamespace = to_regnamespace('bunkd')
          or exists (select from pg_depend d join pg_extension e on e.oid = d.refobjid and e.extname = 'pg_net'
                      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'))
), object (kind, name, definition) as (
  select 'schema', n.nspname::text,
         concat_ws(' ', n.nspowner::regrole, n.nspacl::text, obj_description(n.oid, 'pg_namespace'))
    from pg_namespace n where n.nspname = 'bunkd'
  union all
  select case c.relkind when 'v' then 'view' when 'S' then 'sequence' when 'i' then 'index' when 'c' then 'type'
         else 'table' end,
         c.oid::regclass::text,
         concat_ws(' ', c.relowner::regrole, c.relpersistence, c.reloptions::text, obj_description(c.oid, 'pg_class'),
           a.granted, case c.relkind when 'v' then pg_get_viewdef(c.oid) when 'i' then pg_get_indexdef(c.oid) end,
           (select string_agg(concat_ws(' ', t.attname, format_type(t.atttypid, t.atttypmod), t.attnotnull,
                                        t.attidentity, pg_get_expr(d.adbin, d.adrelid),
                                        col_description(c.oid, t.attnum)), ', '
                              order by t.attnum)
              from pg_attribute t left join pg_attrdef d on d.adrelid = t.attrelid and d.adnum = t.attnum
             where t.attrelid = c.oid and t.attnum > 0 and not t.attisdropped),
           (select string_agg(k.conname || ' ' || pg_get_constraintdef(k.oid), ', ' order by k.conname)
              from pg_constraint k where k.conrelid = c.oid))
    from ours c left join acl a on a.oid = c.oid
   where c.relkind in ('r', 'p', 'v', 'm', 'S', 'c')
      or c.relkind = 'i' and not exists (select from pg_constraint k where k.conindid = c.oid)
  union all
  select 'function', p.oid::regprocedure::text,
         concat_ws(' ', p.proowner::regrole, array(select unnest(p.proacl)::text order by 1)::text,
                   pg_get_functiondef(p.oid), obj_description(p.oid, 'pg_proc'))
    from pg_proc p where p.prokind <> 'a'
     and (p.pronamespace = to_regnamespace('bunkd')
          -- a copy that no trigger calls is dropped by the next tick
          or p.proname = 'bunkd_on_queue_write' and exists (select from pg_trigger t where t.tgfoid = p.oid))
  union all
  select 'trigger', format('%I on %s', t.tgname, t.tgrelid::regclass),
         concat_ws(' ', t.tgenabled, pg_get_triggerdef(t.oid), obj_description(t.oid, 'pg_trigger'))
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid
     and (p.pronamespace = to_regnamespace('bunkd') or p.proname = 'bunkd_on_queue_write')
   where not t.tgisinternal
  union all
  select 'extension', e.extname::text, concat_ws(' ', e.extversion, e.extnamespace::regnamespace)
    from pg_extension e where e.extname in ('pg_cron', 'pg_net')
  union all
  select 'privileges', c.oid::regclass::text, a.granted
    from pg_class c join acl a on a.oid = c.oid where c.relnamespace is distinct from to_regnamespace('bunkd')
)
select kind, name, md5(definition) as definition from object
