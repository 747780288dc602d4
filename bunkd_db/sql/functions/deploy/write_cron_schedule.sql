create or replace function bunkd.write_cron_schedule(p_every text, p_seconds boolean) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case
    when p_every ~ E'^\\d+s$' and p_seconds then rtrim(p_every, 's') || ' seconds'
    when p_every ~ E'^\\d+s$' then '* * * * *'
    when p_every = '1m' then '* * * * *'
    when p_every ~ E'^\\d+m$' then '*/' || rtrim(p_every, 'm') || ' * * * *'
    when p_every = '24h' then '0 0 * * *'
    when p_every = '1h' then '0 * * * *'
    when p_every ~ E'^\\d+h$' then '0 */' || rtrim(p_every, 'h') || ' * * *'
    else p_every
  end
$$;

comment on function bunkd.write_cron_schedule(text, boolean) is
  'What pg_cron wants to hear for an interval (30s, 5m, 2h or five cron fields). Before pg_cron 1.5 (p_seconds false) '
  'every interval below a minute becomes every minute.';
