create or replace function bunkd.mask_secret(p_text text, p_secret text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the credential in it would be in the log of auto_explain
as $$
declare
  v_text text := p_text;
  v_escaped text;
begin
  if p_secret is null or p_secret = '' or v_text is null then
    return v_text;
  end if;
  v_text := replace(v_text, p_secret, '***');
  v_escaped := substr(to_json(p_secret)::text, 2, length(to_json(p_secret)::text) - 2);
  v_text := replace(replace(v_text, v_escaped, '***'), replace(v_escaped, '/', E'\\/'), '***');
  -- a text that was cut off may end in the middle of it
  for v_length in reverse least(length(p_secret) - 1, length(v_text)) .. 8 loop
    if right(v_text, v_length) = left(p_secret, v_length) then
      return left(v_text, -v_length) || '***';
    end if;
  end loop;
  return v_text;
end
$$;

comment on function bunkd.mask_secret(text, text) is
  'A text in which a secret is replaced by ***: as it is, as JSON writes it, and where the text ends in the middle of '
  'it.';
