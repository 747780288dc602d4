create or replace function bunkd.record_change(
  p_schedule text,
  p_what text,
  p_before jsonb default null,
  p_after jsonb default null,
  p_why text default null
) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_origin constant text := coalesce(nullif(current_setting('bunkd.origin', true), ''), 'sql');
begin
  insert into bunkd.change (schedule, what, origin, role, actor, before, after, why)
  values (p_schedule, p_what, v_origin, session_user,
          case when v_origin <> 'bunkd' then nullif(left(current_setting('bunkd.actor', true), 200), '') end,
          p_before, p_after, left(coalesce(p_why, nullif(current_setting('bunkd.why', true), '')), 1000))
  on conflict do nothing;  -- while a dump is restored, its rows have the next numbers
  delete from bunkd.change c
   where c.schedule is not distinct from p_schedule
     and c.id <= (select o.id from bunkd.change o where o.schedule is not distinct from p_schedule
                   order by o.id desc offset 1000 limit 1);
end
$$;

comment on function bunkd.record_change(text, text, jsonb, jsonb, text) is
  'Writes a row of bunkd.change. p_what: create, set, pause, resume, mode, hold, open, credential, retire, remove or '
  'upgrade. Whoever changes something says in the settings bunkd.origin (command, deploy, bunkd; none: sql), '
  'bunkd.actor and bunkd.why of its transaction who it is and why.';
