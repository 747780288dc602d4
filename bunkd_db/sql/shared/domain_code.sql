-- over an array v.types of types: what a cast to one of them, or an index on it, runs, and whose it is. The owner of a
-- domain may add a constraint to it at any time.
(with recursive domain (oid) as (
   select t.oid from unnest(v.types) as t (oid)
   union
   select y.typbasetype from domain o join pg_type y on y.oid = o.oid and y.typtype = 'd'
 )
 select 'type ' || y.oid::regtype as what, y.typowner as role from domain o join pg_type y on y.oid = o.oid
   where y.oid >= 16384
 union all
 select 'function ' || p.oid::regprocedure, p.proowner
   from domain o join pg_constraint c on c.contypid = o.oid
   join pg_depend d on d.classid = 'pg_constraint'::regclass and d.objid = c.oid and d.refclassid = 'pg_proc'::regclass
   join pg_proc p on p.oid = d.refobjid
 union all
 select 'function ' || p.oid::regprocedure, p.proowner
   from domain o join pg_range g on o.oid in (g.rngtypid, g.rngmultitypid)
   join pg_proc p on p.oid in (g.rngcanonical::oid, g.rngsubdiff::oid)
  where o.oid >= 16384)
