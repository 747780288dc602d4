create or replace function bunkd.find_url_host(p_schedule text, p_place text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan  -- a plan with the URL in it would be in the log of auto_explain
as $$
declare
  v_url text;
begin
  if not bunkd.has_url(p_schedule, p_place) then
    return null;
  end if;
  v_url := bunkd.find_credential(p_schedule, p_place);
  return coalesce(substring(v_url from E'^https?://([^/?#@:]+|\\[[0-9a-f:.]+\\])(?::[0-9]+)?(?:[/?#]|$)'),
                  'unreadable');
end
$$;

comment on function bunkd.find_url_host(text, text) is
  'The host of the URL that alerts or heartbeats (p_place) of a schedule go to, unreadable where it cannot be read, '
  'null where there is none; never more of it.';
