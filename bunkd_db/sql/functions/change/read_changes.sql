create or replace function bunkd.read_changes(p_schedule text, p_limit integer) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
             'change', c.id, 'at', extract(epoch from c.at), 'schedule', c.schedule, 'what', c.what,
             'origin', c.origin, 'role', c.role, 'actor', c.actor, 'before', c.before, 'after', c.after, 'why', c.why)
             order by c.id desc), '[]')
      from (select * from bunkd.change l
             where p_schedule is null or l.schedule is null or l.schedule = p_schedule
             order by l.id desc limit p_limit) as c);
end
$$;

comment on function bunkd.read_changes(text, integer) is
  'The newest changes of a schedule, or of all, with those of the installation, the newest first.';
