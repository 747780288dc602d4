create or replace function bunkd.settle_message(p_schedule text, p_code text, p_status integer, p_problem text)
  returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_waits constant interval[] := array[interval '30 s', interval '2 minutes', interval '8 minutes'];
begin
  if p_status between 200 and 299 then
    update bunkd.message m
       set told = clock_timestamp(), due = null, tries = 0, sent = null, request = null, worker = null, problem = null
     where m.schedule = p_schedule and m.code = p_code;
    return;
  end if;
  update bunkd.message m
     set sent = null, request = null, worker = null,
         problem = coalesce(p_problem, 'it answered ' || p_status),
         due = case m.state
           when 'test' then null
           when 'beat' then clock_timestamp()
             + least(interval '1 minute' * 2 ^ least(m.tries - 1, 3), interval '5 minutes')
           else clock_timestamp() + v_waits[m.tries] end  -- after the fourth try: null
   where m.schedule = p_schedule and m.code = p_code;
end
$$;

comment on function bunkd.settle_message(text, text, integer, text) is
  'Records how a message ended: its receiver''s status, or p_problem where there is none. One that failed is sent '
  'again after 30 seconds, 2 and 8 minutes, and then given up; a heartbeat after 1, 2, 4 and then every 5 minutes.';
