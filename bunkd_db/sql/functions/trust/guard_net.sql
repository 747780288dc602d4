create or replace function bunkd.guard_net() returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_queue constant regclass := bunkd.find_relation('pg_net', 'net', 'http_request_queue');
  v_found bunkd.obstacle;
begin
  if v_queue is null then
    raise exception 'the extension pg_net is gone'
      using errcode = 'object_not_in_prerequisite_state', hint = 'Enable it again: bunkd-db upgrade';
  end if;
  begin
    -- What is seen below stays true until our commit: a trigger or a rule can be made only without this lock.
    lock table net.http_request_queue in row exclusive mode;
  exception when insufficient_privilege then
    null;  -- before pg_net 0.12 its functions insert as their owner: nothing runs as our role
  end;
  v_found := bunkd.find_net_intruder(v_queue);
  if v_found.code is not null then
    raise exception '%', v_found.detail
      using errcode = 'object_not_in_prerequisite_state',
        hint = concat_ws(' ', v_found.remedy, array_to_string(v_found.commands, ' '));
  end if;
end
$$;

comment on function bunkd.guard_net() is
  'Makes sure that nobody''s code but pg_net''s runs when a call is sent, and that this stays so until the end of the '
  'transaction. Raises object_not_in_prerequisite_state, naming what stands there and the remedy; lock_not_available '
  'after 50 ms.';
