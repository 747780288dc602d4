create or replace function bunkd.clean_text(p_text text, p_secret text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_text text := bunkd.mask_secret(p_text, p_secret);
begin
  if getdatabaseencoding() = 'SQL_ASCII' then
    -- bytes of any encoding: a client may not be able to read them
    v_text := regexp_replace(v_text, '[^ -~]+', '?', 'g');
  end if;
  -- what a terminal acts upon, and what turns the direction of a line
  return left(btrim(regexp_replace(v_text,
    '( |' || /* shared/unprintable */ || ')+', ' ', 'g')), 200);
end
$$;

comment on function bunkd.clean_text(text, text) is
  'What somebody else has written, fit to be shown: the secret masked, no control characters, 200 characters at most.';
