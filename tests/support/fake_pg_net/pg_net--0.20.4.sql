-- The surface of pg_net 0.20.4 without its background worker: signatures, defaults, errors, unlogged tables and grants
-- are those of the real one. What cannot be: it wakes by NOTIFY, which PREPARE TRANSACTION refuses.
create schema net;

create domain net.http_method as text
  check (value ilike 'get' or value ilike 'post' or value ilike 'delete');

create unlogged table net.http_request_queue (
  id bigserial,
  method net.http_method not null,
  url text not null,
  headers jsonb,
  body bytea,
  timeout_milliseconds int not null
);

create unlogged table net._http_response (
  id bigint,
  status_code integer,
  content_type text,
  headers jsonb,
  content text,
  timed_out bool,
  error_msg text,
  created timestamptz not null default now()
);
create index _http_response_created_idx on net._http_response (created);

create type net.request_status as enum ('PENDING', 'SUCCESS', 'ERROR');
create type net.http_response as (status_code integer, headers jsonb, body text);
create type net.http_response_result as (status net.request_status, message text, response net.http_response);

-- A client backend cannot have a background worker's backend_type, so the double is known by its application_name.
create function net.check_worker_is_up() returns void language plpgsql as $$
begin
  perform from pg_catalog.pg_stat_activity where application_name = 'pg_net 0.20.4';
  if not found then
    raise exception 'the pg_net background worker is not up'
      using detail = 'the pg_net background worker is down due to an internal error and cannot process requests',
            hint = 'make sure that you didn''t modify any of pg_net internal tables';
  end if;
end
$$;
comment on function net.check_worker_is_up() is
  'raises an exception if the pg_net background worker is not up, otherwise it doesn''t return anything';

create function net.wait_until_running() returns void language plpgsql as $$
begin
  loop
    perform pg_catalog.pg_stat_clear_snapshot();
    perform from pg_catalog.pg_stat_activity where application_name = 'pg_net 0.20.4';
    exit when found;
    perform pg_catalog.pg_sleep(0.02);
  end loop;
end
$$;
comment on function net.wait_until_running() is 'waits until the worker is running';

create function net.wake() returns void language sql as $$
  select pg_catalog.pg_notify('pg_net_wake', '')
$$;

-- The real one may be called by anybody although pg_reload_conf() may not.
create function net.worker_restart() returns bool language plpgsql as $$
begin
  perform pg_catalog.pg_notify('pg_net_restart', '');
  return true;
end
$$;

create function net._urlencode_string(string varchar) returns text language sql immutable as $$
  select coalesce(string_agg(
    case when chr(b) ~ '[A-Za-z0-9._~-]' and b < 128 then chr(b) else '%' || upper(lpad(to_hex(b), 2, '0')) end,
    '' order by i), case when string is not null then '' end)
  from (
    select i, get_byte(bytes, i) as b
    from (select convert_to(string, 'UTF8') as bytes) s, generate_series(0, length(bytes) - 1) i
  ) each_byte
$$;

-- libcurl's URL parser, as far as an application meets it: no dot segments, no international names.
create function net._encode_url_with_params_array(url text, params_array text[])
returns text language plpgsql immutable as $$
declare
  -- scheme, authority, path, query, fragment
  part text[] := regexp_match(url, E'^([A-Za-z][A-Za-z0-9+.-]*):/{1,3}([^/?#]*)([^?#]*)\\??([^#]*)(#.*)?$');
  scheme text := lower(part[1]);
  host text := regexp_replace(part[2], '^.*@', '');
  port text := substring(host from E':([^:\\]]*)$');
  problem text;
begin
  if url is null or params_array is null then
    return null;
  end if;
  problem := case
    when scheme is null then 'Bad scheme'
    when scheme not in ('dict', 'file', 'ftp', 'ftps', 'gopher', 'http', 'https', 'imap', 'imaps', 'ldap', 'ldaps',
                        'mqtt', 'pop3', 'pop3s', 'rtmp', 'rtsp', 'scp', 'sftp', 'smb', 'smbs', 'smtp', 'smtps',
                        'telnet', 'tftp') then 'Unsupported URL scheme'
    when scheme = 'file' then null
    when regexp_replace(host, E':[^:\\]]*$', '') = '' then 'No host part in the URL'
    when port <> '' and (port !~ '^[0-9]+$' or length(ltrim(port, '0')) > 5 or port::int > 65535)
      then 'Port number was not a decimal number between 0 and 65535'
    when host ~ E'[\\x01-\\x20\\x7f]' then 'Bad hostname'
    when part[3] ~ E'[\\x01-\\x20\\x7f]' then 'Bad path'
    when url ~ E'[\\x01-\\x20\\x7f]' then 'Malformed input to a URL function'
  end;
  if problem is not null then
    raise exception 'invalid URL "%": %', url, problem using errcode = 'internal_error';
  elsif scheme = 'file' then
    return url;
  end if;
  return scheme || '://' || regexp_replace(regexp_replace(part[2], ':$', ''), ':0+([0-9]+)$', E':\\1')
      || case when part[3] = '' then '/' else part[3] end
      || coalesce('?' || nullif(concat_ws('&', nullif(rtrim(part[4], '&'), ''),
                                          nullif(array_to_string(params_array, '&'), '')), ''), '')
      || coalesce(part[5], '');
end
$$;

create function net.http_get(
  url text, params jsonb default '{}'::jsonb, headers jsonb default '{}'::jsonb,
  timeout_milliseconds int default 5000
) returns bigint language plpgsql as $$
declare
  request bigint;
begin
  insert into net.http_request_queue (method, url, headers, timeout_milliseconds)
  values ('GET', net._encode_url_with_params_array(
            http_get.url,
            array(select net._urlencode_string(p.key) || '=' || net._urlencode_string(p.value)
                  from jsonb_each_text(http_get.params) p)), http_get.headers, http_get.timeout_milliseconds)
  returning id into request;
  perform net.wake();
  return request;
end
$$;

create function net.http_post(
  url text, body jsonb default '{}'::jsonb, params jsonb default '{}'::jsonb,
  headers jsonb default '{"Content-Type": "application/json"}'::jsonb, timeout_milliseconds int default 5000
) returns bigint language plpgsql as $$
declare
  request bigint;
  kind text;
begin
  select h.value into kind
  from jsonb_each_text(coalesce(http_post.headers, '{}'::jsonb)) h
  where lower(h.key) = 'content-type'
  limit 1;
  if kind <> 'application/json' then
    raise exception 'Content-Type header must be "application/json"';
  elsif kind is null then
    headers := headers || '{"Content-Type": "application/json"}'::jsonb;
  end if;
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values ('POST', net._encode_url_with_params_array(
            http_post.url,
            array(select net._urlencode_string(p.key) || '=' || net._urlencode_string(p.value)
                  from jsonb_each_text(http_post.params) p)), http_post.headers,
          convert_to(http_post.body::text, 'UTF8'), http_post.timeout_milliseconds)
  returning id into request;
  perform net.wake();
  return request;
end
$$;

create function net.http_delete(
  url text, params jsonb default '{}'::jsonb, headers jsonb default '{}'::jsonb,
  timeout_milliseconds int default 5000, body jsonb default null
) returns bigint language plpgsql as $$
declare
  request bigint;
begin
  insert into net.http_request_queue (method, url, headers, body, timeout_milliseconds)
  values ('DELETE', net._encode_url_with_params_array(
            http_delete.url,
            array(select net._urlencode_string(p.key) || '=' || net._urlencode_string(p.value)
                  from jsonb_each_text(http_delete.params) p)), http_delete.headers,
          convert_to(http_delete.body::text, 'UTF8'), http_delete.timeout_milliseconds)
  returning id into request;
  perform net.wake();
  return request;
end
$$;

create function net._await_response(request_id bigint) returns bool language plpgsql as $$
begin
  loop
    perform from net._http_response r where r.id = request_id;
    exit when found;
    perform pg_catalog.pg_sleep(0.05);
  end loop;
  return true;
end
$$;

create function net._http_collect_response(request_id bigint, async bool default true)
returns net.http_response_result language plpgsql as $$
declare
  answer net._http_response;
begin
  if not async then
    perform net._await_response(request_id);
  end if;
  select * into answer from net._http_response r where r.id = request_id;
  if not found or answer.error_msg is not null then
    return ('ERROR', coalesce(answer.error_msg, 'request matching request_id not found'), null);
  end if;
  return ('SUCCESS', 'ok', (answer.status_code, answer.headers, answer.content)::net.http_response);
end
$$;

grant usage on schema net to public;
grant all on all sequences in schema net to public;
grant all on all tables in schema net to public;
