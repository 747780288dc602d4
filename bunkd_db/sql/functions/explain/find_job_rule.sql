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
begin
  holders := '[]';
  case p_row ->> 'state'
    when 'waiting' then
      v_found := bunkd.find_waiting_rule(p_schedule, p_shape, p_row);
      rule := v_found.rule;
      next_at := v_found.next_at;
      holders := v_found.holders;
    when 'active' then
      v_found := bunkd.find_active_rule(p_schedule, p_row);
      rule := v_found.rule;
      next_at := v_found.next_at;
    when 'done' then
      rule := row('DONE', 'it is completed', '', '{}');
    when 'failed' then
      rule := bunkd.find_failed_rule(p_schedule, p_shape, p_row);
    else
      rule := row('STATUS_UNKNOWN',
        format('no setting names its status value %s, so no call is made for it',
               coalesce(quote_literal(bunkd.clean_text(left(p_row ->> 'status', 40), null)), 'NULL')),
        'Name the status value in BUNKD_STATUS_WAITING, _ACTIVE, _DONE or _FAILED, and upgrade:',
        array['bunkd-db upgrade']);
  end case;
end
$$;

comment on function bunkd.find_job_rule(bunkd.schedule, bunkd.queue_shape, jsonb) is
  'The one rule that holds a job, when it moves by itself, null: not known or never, and the calls it waits for.';
