create or replace function bunkd.choose_transport(p_wanted text, out transport text, out obstacle bunkd.obstacle)
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_obstacle bunkd.obstacle;
begin
  transport := case p_wanted when 'auto' then 'pg_net' else p_wanted end;
  obstacle := bunkd.enable_extensions(case transport when 'both' then 'pg_net' else transport end);
  if obstacle.code is null and transport = 'both' then
    obstacle := bunkd.enable_extensions('http');
  elsif obstacle.code is not null and p_wanted = 'auto' then
    v_obstacle := bunkd.enable_extensions('http');
    if v_obstacle.code is null then
      transport := 'http';
      obstacle := v_obstacle;
    end if;
  end if;
  if obstacle.code is not null then
    transport := null;
  end if;
end
$$;

comment on function bunkd.choose_transport(text) is
  'The transport that this database can send with, by the one that is wanted (auto: pg_net, which calls within '
  'milliseconds, else http; both: no less than both), its extensions enabled; or null and why there is none: of auto, '
  'pg_net''s reason.';
