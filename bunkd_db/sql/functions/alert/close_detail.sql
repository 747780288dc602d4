create or replace function bunkd.close_detail(p_schedule text, p_found bunkd.obstacle) returns bunkd.obstacle
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_detail constant text := case p_found.code
    when 'QUEUE_PROBLEM' then 'the queue cannot be read'
    when 'STATUS_UNKNOWN' then 'rows of the queue have a status value that no setting names'
    when 'TICK_FAILED' then 'the last tick failed'
    when 'LANES_FAILED' then 'no lane can run'
    when 'NOT_SENT' then 'the last tick could not send' end;
begin
  if v_detail is null then
    p_found.detail := bunkd.clean_text(p_found.detail, bunkd.find_credential(p_schedule));
    return p_found;
  end if;
  return row(p_found.code, v_detail, 'See what was found:',
             array['bunkd-db status --schedule ' || p_schedule])::bunkd.obstacle;
end
$$;

comment on function bunkd.close_detail(text, bunkd.obstacle) is
  'What of an obstacle leaves the database in a message: where its detail can quote a row or an error of others, the '
  'kind of it alone.';
