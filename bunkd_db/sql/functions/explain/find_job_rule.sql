create or replace function bunkd.find_job_rule(
  p_schedule bunkd.schedule,
  p_shape bunkd.queue_shape,
  p_row jsonb,
  out rule bunkd.obstacle,
  out next_at timestamptz,
  out holders jsonb
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '50ms'
as $$
declare
  v_found record;
  v_again constant text[] := bunkd.write_requeue(p_schedule, p_shape, p_row);
begin
  holders := '[]';
  case p_row ->> 'state'
    when 'waiting' then
      v_found := bunkd.find_waiting_rule(p_schedule, p_shape, p_row);
      rule := v_found.rule;
      next_at := v_found.next_at;
      holders := v_found.holders;
    when 'active' then
      v_found := bunkd.find_active_rule(p_schedule, p_shape, p_row);
      rule := v_found.rule;
      next_at := v_found.next_at;
    when 'done' then
      rule := row('DONE', 'it is completed', '', '{}');
    when 'failed' then
      -- what was written later than the last rescue is the application's
      rule := case
        when bunkd.is_last_rescue((p_row ->> 'claims')::bigint, (p_row ->> 'rescues')::integer)
             and coalesce((p_row ->> 'rescued')::numeric >= (p_row ->> 'updated')::numeric, p_row -> 'rescued' <> 'null')
          then row('GIVEN_UP', format('a tick gave it up: it was active for longer than BUNKD_RESCUE_AFTER (%s) once too often', p_schedule.rescue_after),
                   concat('Find out in the function''s log why it does not end', case when v_again <> '{}' then '; then queue the job again:' else '.' end), v_again)
        else row('FAILED', 'the function, or whoever else sets its status, says that it failed',
                 concat('Read its error and the function''s log', case when v_again <> '{}' then '; then queue the job again:' else '.' end), v_again) end;
    else
      rule := row('STATUS_UNKNOWN', format('no setting names its status value %s, so no call is made for it', coalesce(quote_literal(bunkd.clean_text(left(p_row ->> 'status', 40), null)), 'NULL')),
        'Name the status value in BUNKD_STATUS_WAITING, _ACTIVE, _DONE or _FAILED, and upgrade:', array['bunkd-db upgrade']);
  end case;
end
$$;

comment on function bunkd.find_job_rule(bunkd.schedule, bunkd.queue_shape, jsonb) is
  'For bunkd.explain_job: the one rule that holds a job where it is, with the earliest moment at which it can move by itself, null where nobody knows or it never will, and the calls that it waits for (holders).';
