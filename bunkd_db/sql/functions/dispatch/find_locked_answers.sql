create or replace function bunkd.find_locked_answers() returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
begin
  -- Whose table it is costs too much to ask for a lock that runs nobody's code; dispatch says where pg_net is gone.
  if has_schema_privilege(to_regnamespace('net'), 'usage')
     and has_table_privilege(to_regclass('net._http_response'), 'select') then
    lock table only net._http_response in access share mode;
  end if;
  return null;
exception
  when wrong_object_type or undefined_table then
    return null;
  when lock_not_available then
    return 'pg_net cannot record responses: net._http_response is locked'
      || coalesce(' by ' || (bunkd.find_lock_holders(bunkd.find_relation('pg_net', 'net', '_http_response'))).names,
                  '');
end
$$;

comment on function bunkd.find_locked_answers() is
  'Who has locked pg_net''s responses: its worker waits for them, and every call of ours waits for it; null where '
  'nobody has.';
