create or replace function bunkd.has_url(p_schedule text, p_place text) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (select from bunkd.credential c
                  where c.schedule = p_schedule and c.place = p_place and c.store <> 'removed');
end
$$;

comment on function bunkd.has_url(text, text) is
  'Whether there is a URL that alerts or heartbeats (p_place) of a schedule go to. It is not read here.';
