create or replace function bunkd.find_net_intruder(p_queue regclass) returns bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_found text;
begin
  if bunkd.find_routine('pg_net', 'net', 'http_post') is null then
    return row('NET_INTRUDER', 'schema net has a function http_post that is not pg_net''s',
               'Drop that function, as its owner:', array(
      select format('drop routine %s;', p.oid::regprocedure) from pg_proc p
       where p.pronamespace = to_regnamespace('net') and p.proname = 'http_post'
         and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid
                         and d.deptype = 'e')
       order by p.oid))::bunkd.obstacle;
  end if;
  v_found := bunkd.find_trigger(p_queue, 'insert');
  if v_found is not null then
    return row('FOREIGN_TRIGGER',
               format('%s on net.http_request_queue would run as role %I and see the credential', v_found,
                      current_user),
      'Drop that as the table''s owner, and keep others from creating one:',
      array[format('drop %s on net.http_request_queue;', v_found),
            'revoke trigger on net.http_request_queue from public;'])::bunkd.obstacle;
  end if;
  select case when a.grantee = 0 then 'public' else a.grantee::regrole::text end into v_found
    from pg_namespace n cross join lateral aclexplode(n.nspacl) as a
   where n.nspname = 'net' and a.privilege_type = 'CREATE' and a.grantee <> n.nspowner
     and not bunkd.is_trusted(a.grantee) limit 1;
  if v_found is not null then
    return row('NET_INTRUDER',
               format('role %s can create functions in schema net that would run as role %I', v_found, current_user),
      'Revoke that right, as the schema''s owner:',
      array[format('revoke create on schema net from %s;', v_found)])::bunkd.obstacle;
  end if;
  return null;
end
$$;

comment on function bunkd.find_net_intruder(regclass) is
  'What of somebody else''s would run, or could be made to run, when a call is sent: for bunkd.guard_net, which '
  'refuses it, and for bunkd.find_net_obstacles, so that both say the same. p_queue is pg_net''s queue. Null where '
  'there is nothing.';
