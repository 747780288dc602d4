create or replace function bunkd.settle_told(p_schedule text, p_worker text, p_told jsonb) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_said record;
  v_lost text;
begin
  for v_said in
    select t.code, t.status_code, t.failure
      from jsonb_to_recordset(p_told) as t (code text, try integer, status_code integer, failure text)
      join bunkd.message m on m.schedule = p_schedule and m.code = t.code and m.worker = p_worker and m.tries = t.try
     where m.sent is not null
  loop
    perform bunkd.settle_message(p_schedule, v_said.code, v_said.status_code, case v_said.failure
      when 'timeout' then 'nobody answered within 4 s'
      when 'dns' then 'it cannot be reached: its name is not known'
      when 'refused' then 'it cannot be reached: the connection was refused'
      when 'tls' then 'it cannot be reached: TLS failed'
      when 'network' then 'it cannot be reached' end);
  end loop;
  -- a worker that was ended, or pg_net's, from before the calls came from outside
  for v_lost in
    select m.code from bunkd.message m where m.schedule = p_schedule and m.sent < clock_timestamp() - interval '30 s'
  loop
    perform bunkd.settle_message(p_schedule, v_lost, null, 'whoever was to send it did not report');
  end loop;
end
$$;

comment on function bunkd.settle_told(text, text, jsonb) is
  'Records how the messages ended that a worker was handed: it says code and try, and the status or the kind of '
  'failure. One that nobody has reported after 30 seconds counts as failed.';
