create or replace function bunkd.try_start_calls(
  p_schedule bunkd.schedule,
  p_reason text,
  p_calls integer,
  out calls bigint[],
  out problem text
)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_hint text;
begin
  calls := bunkd.start_calls(p_schedule, p_reason, p_calls);
exception
  when lock_not_available then
    calls := '{}';
    problem := 'no call was sent: pg_net''s queue or our slots are locked; the next tick retries';
  when sequence_generator_limit_exceeded then  -- who may set it could do so
    calls := '{}';
    problem := format('no call was sent: %s. As the owner of pg_net''s tables: '
      'select setval(''net.http_request_queue_id_seq'', (select coalesce(max(id), 1) from net._http_response));',
        sqlerrm);
  when others then  -- whatever others have put in the way, the rest of the tick is done and this is said
    get stacked diagnostics v_hint = pg_exception_hint;
    calls := '{}';
    problem := 'no call was sent: ' || sqlerrm || case when v_hint <> '' then '. ' || v_hint else '' end;
end
$$;

comment on function bunkd.try_start_calls(bunkd.schedule, text, integer) is
  'bunkd.start_calls for a tick: what keeps it from sending is told, not raised, so that what the tick has settled '
  'stays so.';
