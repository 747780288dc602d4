create or replace function bunkd.post_messages(p_schedule text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_message bunkd.message;
  v_request bigint;
begin
  for v_message in
    select m.* from bunkd.message m
     where m.schedule = p_schedule and m.sent is null and m.due <= clock_timestamp() order by m.made limit 10
  loop
    begin
      v_request := bunkd.post_message(v_message);
      update bunkd.message m
         set sent = clock_timestamp(), request = v_request, worker = null, tries = m.tries + 1
       where m.schedule = v_message.schedule and m.code = v_message.code;
    exception when others then  -- a lock, a right that is gone, a stranger's trigger; its words could quote the URL
      update bunkd.message m set tries = m.tries + 1 where m.schedule = v_message.schedule and m.code = v_message.code;
      perform bunkd.settle_message(v_message.schedule, v_message.code, null,
                                   format('pg_net did not take it (SQLSTATE %s)', sqlstate));
    end;
  end loop;
end
$$;

comment on function bunkd.post_messages(text) is
  'Hands the messages of a schedule that are due to pg_net. They take no slot and are in no ledger.';
