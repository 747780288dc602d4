-- The hand-made scheduler that people start with, as the operator of a project would paste it.
create extension if not exists pg_cron;
create extension if not exists pg_net;

create or replace function public.trigger_job_processing() returns void
language plpgsql security definer
as $$
declare
  v_key text := coalesce(
    nullif(current_setting('app.settings.service_role_key', true), ''),
    nullif(current_setting('supabase.service_role_key', true), ''),
    '');
begin
  perform net.http_post(
    url := {url},
    headers := jsonb_build_object('Content-Type', 'application/json', 'Authorization', 'Bearer ' || v_key),
    body := '{{}}'::jsonb,
    timeout_milliseconds := 60000);
exception when others then
  raise warning 'trigger_job_processing: %', sqlerrm;
end
$$;

select cron.schedule('process-analysis-jobs', '* * * * *', 'SELECT trigger_job_processing()');
