-- Before and after the revisions of a downgrade: a pause that has an end has none where the column for it is gone.
do $$
declare
  v_noted text := pg_catalog.current_setting('bunkd.noted_pauses', true);
begin
  if exists (select from pg_catalog.pg_attribute a
              where a.attrelid = pg_catalog.to_regclass('bunkd.schedule') and a.attname = 'paused_until'
                and not a.attisdropped) then
    select pg_catalog.string_agg(pg_catalog.format(
             'Schedule %s was paused until %s UTC. The older revision cannot end a pause by itself, so it stays '
             'paused until you resume it after the next upgrade: bunkd-db schedule resume --schedule %s',
             s.name, pg_catalog.to_char(s.paused_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), s.name),
             E'\n' order by s.name)
      into v_noted
      from bunkd.schedule s where s.paused and s.paused_until > pg_catalog.clock_timestamp();
    perform pg_catalog.set_config('bunkd.noted_pauses', coalesce(v_noted, ''), true);
  elsif v_noted <> '' and pg_catalog.to_regclass('bunkd.schedule') is not null then
    raise notice '%', v_noted;  -- for who runs this as a script
    perform pg_catalog.set_config('bunkd.endless_pauses', v_noted, true);
  end if;
end
$$;
