-- the queue as it is, from the catalog alone: before the first upgrade there is nothing else to ask
with given as (
  select %(table)s::text as name,
         %(column)s::text as status_column,
         %(waiting)s::text[] as waiting,
         %(active)s::text[] as active,
         %(known)s::text[] as known,
         %(where)s::text as where
), found as (
  select g.*, c.oid, c.relkind, c.oid::regclass::text as quoted, c.relowner, a.attnum,
         a.atttypid, /* shared/base_type */ as base, /* shared/base_type */ as status_type,
         has_schema_privilege(c.relnamespace, 'usage') and has_table_privilege(c.oid, 'select') as may_read
    from given g
    join pg_class c on c.oid = to_regclass(g.name)
    left join pg_attribute a on a.attrelid = c.oid and a.attname = g.status_column and not a.attisdropped
)
select f.quoted as table,
       f.relkind in ('r', 'p') as is_table,
       f.may_read,
       pg_get_userbyid(f.relowner)::text as owner,
       pg_has_role(f.relowner, (select r.oid from pg_roles r where r.rolname = %(installer)s), /* shared/can_become */)
         or (select r.rolsuper from pg_roles r where r.oid = f.relowner)
         or pg_get_userbyid(f.relowner) = %(queue_owner)s as owner_is_us,
       f.attnum is not null as has_status,
       row_security_active(f.oid) as hides_rows,
       -- what would run as the asking role, of a role that is neither that one nor may become it
       (select format('%%s belongs to role %%I, whose code would run as role %%I',
                      o.what || case when o.what = 'table ' || f.quoted then ''
                        else format(', which %%s needs,', f.quoted) end, r.rolname, current_user)
          from /* shared/foreign_code */ as o
          join pg_roles r on r.oid = case when o.role = 'pg_database_owner'::regrole
                             then (select d.datdba from pg_database d where d.datname = current_database())
                               else o.role end
         where not (r.rolsuper or pg_has_role(r.oid, current_user, /* shared/can_become */)
                    or coalesce(%(queue_owner)s::text = r.rolname::text, false))
         order by o.what limit 1) as foreign_code,
       -- as bunkd.rescue_jobs asks: when a job began, and one column that tells it from the others
       exists (select from pg_attribute a where a.attrelid = f.oid and not a.attisdropped
               and a.atttypid = 'timestamptz'::regtype
                  and a.attname in /* shared/start_names */) as has_start,
       (select quote_ident(a.attname) from pg_attribute a where a.attrelid = f.oid and not a.attisdropped
        and a.atttypid = 'timestamp'::regtype
           and a.attname in /* shared/start_names */ order by a.attname desc limit 1) as start_without_zone,
       exists (select from pg_class q cross join lateral /* shared/key_column */ as k where q.oid = f.oid) as has_key,
       format('create index concurrently on %%s (%%I) where %%I in (%%s);', f.quoted,
              coalesce(t.created, f.status_column), f.status_column, words.waiting) as create_index,
       format('create index concurrently on %%s (%%I) where %%I in (%%s);', f.quoted,
              f.status_column, f.status_column, words.active) as create_active_index,
       -- run by the caller where may_read; every name and value in it is quoted here
       -- a condition of somebody else's is not run with this role's privileges
       case when f.attnum is not null and (f.where is null or current_user = %(installer)s and not exists (
              select from (select f.where as condition, %(queue_owner)s::text as queue_owner) as v
               cross join lateral /* shared/open_schemas */ as o)) then format(
         'select count(*) as rows, count(*) filter (where not q.claimable) as never_claimable,
                 extract(epoch from clock_timestamp() - min(q.at)
                         filter (where q.claimable and isfinite(q.at)))::double precision as oldest
            from (select %%4$s as at, %%3$s as claimable from %%1$s where %%5$s%%6$s limit 10000) as q',
         f.quoted, f.status_column,
         case when f.where is null then coalesce(t.claims || ' < 3', 'true') else 'true' end,
         coalesce(quote_ident(t.created), 'null::timestamptz'),
         -- no cast of the column: it would keep an index from serving this
         coalesce(format('%%I%%s in (%%s)', f.status_column, case when f.base <> f.atttypid then '::' || f.base::regtype
                         else '' end,
                         words.waiting), 'false'),
         case when f.where is null then '' else ' and (' || f.where || ')' end) end as count_waiting,
       case when f.attnum is not null then format(
         'select distinct coalesce(q.value, ''NULL'') as value
            from (select %%2$I::text as value from %%1$s limit 20000) as q
           where q.value is null or q.value <> all (array[%%3$s])
           order by 1',
         f.quoted, f.status_column, words.known) end as unknown_status
  from found f
  cross join lateral (select t.* from (select f.oid) as q cross join lateral /* shared/queue_columns */ as t) as t
  cross join lateral (
    -- an enum takes only its own labels
    select string_agg(quote_literal(w), ', ') filter (where w = any (f.waiting) and fits) as waiting,
           string_agg(quote_literal(w), ', ') filter (where w = any (f.active) and fits) as active,
           string_agg(quote_literal(w), ', ') as known
      from unnest(f.known) as w
     cross join lateral (
       select not exists (select from pg_enum e where e.enumtypid = f.base)
              or exists (select from pg_enum e where e.enumtypid = f.base and e.enumlabel = w) as fits) as l
  ) as words
