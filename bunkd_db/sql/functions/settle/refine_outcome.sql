create or replace function bunkd.refine_outcome(p_answer bunkd.answer, p_moved boolean) returns text
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- whatever its wording: a hot loop of calls that take nothing would look like work
  return case when p_answer.outcome = 'ok' and p_answer.job_id is null and not p_moved then 'empty'
    else p_answer.outcome end;
end
$$;

comment on function bunkd.refine_outcome(bunkd.answer, boolean) is
  'The outcome by bunkd.classify_answer, but empty where the answer names no job and none has moved. p_moved is '
  'bunkd.has_moved''s answer; null: not known.';
