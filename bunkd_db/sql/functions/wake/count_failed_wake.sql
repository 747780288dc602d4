create or replace function bunkd.count_failed_wake(p_setting text, p_xact text, p_why text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set lock_timeout = '5ms'  -- the writer has waited for 50 ms already, and may have a timeout of its own
as $$
begin
  -- or every further statement would wait for the same lock
  perform set_config(p_setting, bunkd.write_mute(p_xact), true);
  raise log 'bunkd: a wake failed: %', p_why;
  perform nextval('bunkd.wake_failed');
exception when others then  -- even the counter may be locked or gone; the write goes on
  raise log 'bunkd: a failed wake was not counted: %', sqlerrm;
end
$$;

comment on function bunkd.count_failed_wake(text, text, text) is
  'Counts a wake that failed, and keeps this transaction from trying again. Fails no write, whatever stands in its '
  'way.';
