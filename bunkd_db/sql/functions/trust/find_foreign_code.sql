create or replace function bunkd.find_foreign_code(p_queue regclass, p_status_type regtype, p_queue_owner text)
  returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_found text;
  v_me constant oid := to_regrole(quote_ident(current_user));  -- a plain cast would fold the name
begin
  -- The usual queue is a table of our own with nothing but the system's code below it: two looks, not a walk.
  if p_status_type < 16384
     and (select c.relkind = 'r' and c.relowner = v_me and not c.relhassubclass and not c.relhasrules from pg_class c
          where c.oid = p_queue)
     and not exists (select from pg_depend d
                       join pg_depend x on x.classid = d.classid and x.objid = d.objid
                                       and x.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass,
                                                            'pg_type'::regclass)
                      where d.refclassid = 'pg_class'::regclass and d.refobjid = p_queue and d.deptype in ('a', 'i')
                        and d.classid <> 'pg_trigger'::regclass)  -- triggers are not looked at here
     -- the index of an exclusion constraint hangs on that alone
     and not exists (select from pg_constraint c where c.conrelid = p_queue and c.contype = 'x') then
    return null;
  end if;
  select format('%s, which %s needs, belongs to role %I: its code would run as role %I. Change its owner to a role '
                'that you trust, or name that role in BUNKD_QUEUE_OWNER',
                o.what, p_queue, pg_get_userbyid(o.role), current_user)
    into v_found
    from (select p_queue::oid as oid, p_status_type::oid as status_type) as f
   cross join lateral /* shared/foreign_code */ as o
   -- first the cheap answer: nearly everything is ours
   where o.role <> v_me and not bunkd.is_trusted(o.role, p_queue_owner) order by o.what limit 1;
  return v_found;
end
$$;

comment on function bunkd.find_foreign_code(regclass, regtype, text) is
  'What of a role that is not trusted runs when the queue is read or its rows are written, in words with a remedy; '
  'null where there is nothing. The queue''s own triggers are for bunkd.rescue_jobs, the only one who writes.';
