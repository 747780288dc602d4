-- over a table f.oid and the type f.status_type of its status: what runs when it is read or its rows are written, but
-- for its own triggers, and whose it is. Indexes, rules, constraints, defaults, policies, and what a view reads; also
-- those of partitions and of tables that inherit from it. What the system brings is not in pg_depend.
(with recursive thing (class, object) as (
   select 'pg_class'::regclass::oid, f.oid::oid
   union
   select n.class, n.object
     from thing t
    cross join lateral (
      select d.classid, d.objid from pg_depend d
       where t.class in ('pg_class'::regclass, 'pg_constraint'::regclass) and d.refclassid = t.class
         and d.refobjid = t.object and d.deptype in ('a', 'i')
         and d.classid in ('pg_class'::regclass, 'pg_rewrite'::regclass, 'pg_constraint'::regclass,
                           'pg_attrdef'::regclass, 'pg_policy'::regclass,
                           'pg_statistic_ext'::regclass)
      union all
      select d.refclassid, d.refobjid from pg_depend d
       where t.class = 'pg_rewrite'::regclass and d.classid = t.class and d.objid = t.object
         and d.refclassid = 'pg_class'::regclass
      union all
      select t.class, i.inhrelid from pg_inherits i where t.class = 'pg_class'::regclass and i.inhparent = t.object
    ) as n (class, object)
 ), routine (oid) as (
   select d.refobjid from thing t join pg_depend d on d.classid = t.class and d.objid = t.object
     and d.refclassid = 'pg_proc'::regclass
   union
   select o.oprcode from thing t
     join pg_depend d on d.classid = t.class and d.objid = t.object and d.refclassid = 'pg_operator'::regclass
     join pg_operator o on o.oid = d.refobjid
   union
   -- a cast of the status to text may be a function
   select c.castfunc from pg_cast c where c.castsource = f.status_type and c.castfunc <> 0 and f.status_type >= 16384
 )
 select 'function ' || r.oid::regprocedure as what, p.proowner as role from routine r join pg_proc p on p.oid = r.oid
 union all
 select 'table ' || c.oid::regclass, c.relowner from thing t join pg_class c on c.oid = t.object
   and c.relkind in ('r', 'p', 'v', 'f')
  where t.class = 'pg_class'::regclass
 union all
 select c.what, c.role
   from (select array(select d.refobjid from thing t
                        join pg_depend d on d.classid = t.class and d.objid = t.object
                          and d.refclassid = 'pg_type'::regclass
                      union all select f.status_type) as types) as v
  cross join lateral /* shared/domain_code */ as c)
