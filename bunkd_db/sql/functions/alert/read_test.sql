create or replace function bunkd.read_test(p_schedule text, p_place text) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_code constant text := case p_place when 'heartbeat' then 'TEST_HEARTBEAT' else 'TEST' end;
begin
  if exists (select from bunkd.message m
              where m.schedule = p_schedule and m.code = v_code and m.request is not null) then
    perform bunkd.settle_messages(p_schedule, v_code);
  end if;
  return (select jsonb_build_object('arrived', m.told is not null, 'problem', m.problem, 'sent', m.sent is not null)
            from bunkd.message m where m.schedule = p_schedule and m.code = v_code);
end
$$;

comment on function bunkd.read_test(text, text) is
  'How the test that bunkd.begin_test has sent ended: arrived, or its problem; neither, and it has not ended.';
