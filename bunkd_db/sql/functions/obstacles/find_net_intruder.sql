create or replace function bunkd.find_net_intruder(p_queue regclass, out code text, out problem text, out remedy text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_found text;
begin
  if bunkd.find_routine('pg_net', 'net', 'http_post') is null then
    code := 'NET_INTRUDER';
    problem := 'schema net has a function http_post that is not pg_net''s';
    remedy := 'Drop it, as its owner.';
    return;
  end if;
  v_found := bunkd.find_trigger(p_queue, 'insert');
  if v_found is not null then
    code := 'FOREIGN_TRIGGER';
    problem := format('%s on net.http_request_queue would run as role %I and see the credential', v_found, current_user);
    remedy := format('As the table''s owner: drop %s on net.http_request_queue; revoke trigger on net.http_request_queue from public;', v_found);
    return;
  end if;
  select case when a.grantee = 0 then 'public' else a.grantee::regrole::text end into v_found
    from pg_namespace n cross join lateral aclexplode(n.nspacl) as a
   where n.nspname = 'net' and a.privilege_type = 'CREATE' and a.grantee <> n.nspowner
     and not bunkd.is_trusted(a.grantee) limit 1;
  if v_found is not null then
    code := 'NET_INTRUDER';
    problem := format('role %s can create functions in schema net that would run as role %I', v_found, current_user);
    remedy := format('As the schema''s owner: revoke create on schema net from %s;', v_found);
  end if;
end
$$;

comment on function bunkd.find_net_intruder(regclass) is
  'What of somebody else''s would run, or could be made to run, when a call is sent: for bunkd.guard_net, which refuses it, and for bunkd.find_net_obstacles, so that both say the same. p_queue is pg_net''s queue. Nulls where there is nothing.';
