create or replace function bunkd.close_net() returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_right record;
  v_any boolean := false;
begin
  -- Only what nobody needs to send a call: INSERT and SELECT are how every other role's http_post works.
  for v_right in
    select format('revoke %s on %s %s from public', lower(a.privilege_type), case c.relkind when 'S' then 'sequence' else '' end, c.oid::regclass) as statement
      from pg_class c cross join lateral aclexplode(c.relacl) as a
     where c.oid in (bunkd.find_relation('pg_net', 'net', 'http_request_queue'), bunkd.find_relation('pg_net', 'net', '_http_response'),
                     bunkd.find_relation('pg_net', 'net', 'http_request_queue_id_seq'))
       and pg_has_role(c.relowner, 'usage') and a.grantee = 0
       -- a number is taken with USAGE; UPDATE sets it, to its end too
       and a.privilege_type = case c.relkind when 'S' then 'UPDATE' else 'TRIGGER' end
  loop
    execute v_right.statement;
    v_any := true;
  end loop;
  return v_any;
exception when lock_not_available or insufficient_privilege then  -- check names who may; a deploy goes on
  return false;
end
$$;

comment on function bunkd.close_net() is
  'Takes the right to put triggers on pg_net''s tables, and to set the number of its next request, from PUBLIC, where our role may: pg_net grants it to everybody. Returns whether there was something to take.';
