-- What others have built on objects that go now: named and left alone, for only its owner knows what it is worth.
do $$
declare
  v_found record;
begin
  with going (class, oid) as (
    select 'pg_catalog.pg_class'::pg_catalog.regclass, c.oid from pg_catalog.pg_class c
     where c.relnamespace = pg_catalog.to_regnamespace('bunkd')
       and pg_catalog.pg_get_userbyid(c.relowner) = current_user
       and (c.relkind = 'v' and c.relname = any (array[$VIEWS$]::text[]) or $TABLES$ and c.relkind in ('r', 'S', 'c'))
    union all
    select 'pg_catalog.pg_proc'::pg_catalog.regclass, p.oid from pg_catalog.pg_proc p
     where p.pronamespace = pg_catalog.to_regnamespace('bunkd')
       and pg_catalog.pg_get_userbyid(p.proowner) = current_user
       and p.proname = any (array[$FUNCTIONS$]::text[])
  ), target (class, oid, name) as (
    select g.class, g.oid, pg_catalog.pg_describe_object(g.class, g.oid, 0) from going g
    union all
    -- a row type, and the array of it
    select 'pg_catalog.pg_type'::pg_catalog.regclass, t.oid, pg_catalog.pg_describe_object(g.class, g.oid, 0)
      from going g
      join pg_catalog.pg_type r on r.typrelid = g.oid and g.class = 'pg_catalog.pg_class'::pg_catalog.regclass
      join pg_catalog.pg_type t on t.oid in (r.oid, r.typarray)
  ), dependent (class, oid, place, target) as (
    select case when r.oid is not null and r.rulename = '_RETURN'
                then 'pg_catalog.pg_class'::pg_catalog.regclass else d.classid end,
           case when r.oid is not null and r.rulename = '_RETURN' then r.ev_class else d.objid end,
           d.objsubid, min(t.name)
      from target t
      join pg_catalog.pg_depend d on d.refclassid = t.class and d.refobjid = t.oid and d.deptype in ('n', 'a')
      left join pg_catalog.pg_rewrite r on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.objid
     -- triggers on tables are taken off with their function
     where d.classid <> 'pg_catalog.pg_trigger'::pg_catalog.regclass
     group by 1, 2, 3
  ), named as (
    select d.*, pg_catalog.pg_describe_object(d.class, d.oid, d.place) as name, i.type, i.identity, o.relation, o.owner,
           coalesce(a.attname, k.conname) as part
      from dependent d
     cross join lateral pg_catalog.pg_identify_object(d.class, d.oid, d.place) as i
      left join pg_catalog.pg_attrdef f on d.class = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and f.oid = d.oid
      left join pg_catalog.pg_constraint k on d.class = 'pg_catalog.pg_constraint'::pg_catalog.regclass
        and k.oid = d.oid
      left join pg_catalog.pg_policy l on d.class = 'pg_catalog.pg_policy'::pg_catalog.regclass and l.oid = d.oid
      left join pg_catalog.pg_rewrite r on d.class = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and r.oid = d.oid
      left join pg_catalog.pg_attribute a
        on a.attrelid = coalesce(
             f.adrelid, case when d.class = 'pg_catalog.pg_class'::pg_catalog.regclass then d.oid end)
                                         and a.attnum = coalesce(f.adnum, nullif(d.place, 0))
     cross join lateral (
       select c.oid as relation, c.relowner as owner from pg_catalog.pg_class c
        where c.oid = coalesce(f.adrelid, nullif(k.conrelid, 0), l.polrelid, r.ev_class,
                               case when d.class = 'pg_catalog.pg_class'::pg_catalog.regclass then d.oid end)
       union all
       select null, p.proowner from pg_catalog.pg_proc p where d.class = 'pg_catalog.pg_proc'::pg_catalog.regclass
         and p.oid = d.oid
       union all
       select null, t.typowner from pg_catalog.pg_type t
        where d.class = 'pg_catalog.pg_type'::pg_catalog.regclass and t.oid = d.oid
           or k.contypid <> 0 and t.oid = k.contypid
     ) as o
     -- what goes itself stops nothing
     where not exists (select from going g
                        where g.oid in (d.oid, o.relation,
                                        (select x.indrelid from pg_catalog.pg_index x where x.indexrelid = d.oid)))
  )
  select pg_catalog.string_agg(pg_catalog.format('%s of role %I needs %s', n.name, pg_catalog.pg_get_userbyid(n.owner),
                                                 n.target),
                               '; ' order by n.name) as names,
         pg_catalog.string_agg(case n.type
           when 'default value' then pg_catalog.format('alter table %s alter column %I drop default;',
                                                       n.relation::pg_catalog.regclass, n.part)
           when 'table column' then pg_catalog.format('alter table %s drop column %I;', n.relation::pg_catalog.regclass,
                                                      n.part)
           when 'table constraint' then pg_catalog.format('alter table %s drop constraint %I;',
                                                          n.relation::pg_catalog.regclass, n.part)
           else pg_catalog.format('drop %s %s;', n.type, n.identity) end, ' ' order by n.name) as ending,
         count(*) as objects
    into v_found from named n;
  if v_found.objects > 0 then
    raise exception '%, which this run must drop; nothing was changed', v_found.names
      using errcode = 'object_not_in_prerequisite_state',
            hint = 'If nobody needs it any more, drop it as its owner or a superuser: ' || v_found.ending;
  end if;
end
$$;
