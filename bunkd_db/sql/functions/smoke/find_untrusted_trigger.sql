create or replace function bunkd.find_untrusted_trigger(p_schedule bunkd.schedule, p_queue regclass) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select format('trigger %I on %s runs code of role %I, which would run as role %I', t.tgname, p_queue,
                  pg_get_userbyid(o.role), current_user)
      from pg_trigger t
      join pg_depend d on d.classid = 'pg_trigger'::regclass and d.objid = t.oid
     cross join lateral /* shared/trigger_owners */ as o
     where t.tgrelid in (select p_queue::oid union select i.relid from pg_partition_tree(p_queue) as i)
       and not t.tgisinternal and t.tgenabled <> 'D' and t.tgtype & 4 <> 0
       and not bunkd.is_trusted(o.role, p_schedule.queue_owner)
     order by t.tgname limit 1);
end
$$;

comment on function bunkd.find_untrusted_trigger(bunkd.schedule, regclass) is
  'For bunkd.add_test_job: a trigger that an insert into the queue fires and whose code belongs to a role that is not '
  'trusted, in words; null where there is none.';
