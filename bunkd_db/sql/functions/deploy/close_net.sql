create or replace function bunkd.close_net() returns boolean
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_right record;
  v_queue constant regclass := bunkd.find_relation('pg_net', 'net', 'http_request_queue');
  v_answers constant regclass := bunkd.find_relation('pg_net', 'net', '_http_response');
  v_numbers constant regclass := bunkd.find_relation('pg_net', 'net', 'http_request_queue_id_seq');
  v_worker constant text := nullif(current_setting('pg_net.username', true), '');
  v_any boolean := false;
begin
  -- Only what nobody needs to send a call: INSERT and SELECT on the queue are how every other role's http_post works.
  for v_right in
    select format('revoke %s on %s %s from public', lower(a.privilege_type),
                  case c.relkind when 'S' then 'sequence' else '' end, c.oid::regclass) as statement
      from pg_class c cross join lateral aclexplode(c.relacl) as a
     where c.oid in (v_queue, v_answers, v_numbers) and pg_has_role(c.relowner, 'usage') and a.grantee = 0
       -- a number is taken with USAGE; UPDATE sets it, to its end too
       and (a.privilege_type = 'UPDATE' or a.privilege_type = 'TRIGGER' and c.oid <> v_numbers
         -- only pg_net's worker writes answers: as a superuser, or as the role that pg_net.username names
         or a.privilege_type = 'INSERT' and c.oid = v_answers
            and (v_worker is null or exists (select from pg_roles r where r.rolname = v_worker and r.rolsuper)))
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
  'Takes from PUBLIC, where our role may, what pg_net grants everybody and nobody needs: to put triggers on its '
  'tables, to change queued requests, to write answers, and to set the number of its next request. Returns whether '
  'there was something to take.';
