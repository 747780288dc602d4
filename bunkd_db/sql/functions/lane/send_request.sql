create or replace function bunkd.send_request(
  p_call bigint,
  p_function regprocedure,
  p_url text,
  p_headers text,
  p_body text,
  p_timeout_ms integer,
  p_secret text
) returns jsonb
language plpgsql volatile
set search_path = pg_catalog, pg_temp
set client_min_messages = warning  -- at debug2 the library says every header
as $$
declare
  v_answer record;
  v_retry_after text;
  v_content text;
begin
  if p_function is null or bunkd.find_http() is distinct from p_function then
    return jsonb_build_object('call', p_call, 'sent', false);
  end if;
  -- The only way that every version of the library heeds, in a fresh session too; it ends with the transaction.
  perform set_config('http.timeout_msec', p_timeout_ms::text, true);
  begin
    -- In the schema of the extension others may create what fits better than what is meant: here stand its own names
    -- alone, with the very types that they have, and what an error leaves takes the path back.
    perform set_config('search_path', (select 'pg_catalog, ' || quote_ident(n.nspname) || ', pg_temp' from pg_proc p
                                        join pg_namespace n on n.oid = p.pronamespace where p.oid = p_function), true);
    -- a second, its default, is too short for a function that starts
    perform http_set_curlopt('CURLOPT_CONNECTTIMEOUT'::varchar, '10'::varchar);
    perform bunkd.leave_foreign_proxy();
    -- An expression, not a statement: no plan and no parameter of it could be in a log.
    v_answer := http(row('POST', p_url, p_headers::http_header[], 'application/json', p_body)::http_request);
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);
  exception when others then  -- nobody answered; a cancel, which it raises too, comes again at the next statement
    return jsonb_build_object('call', p_call, 'sent', true, 'error', bunkd.mask_secret(left(sqlerrm, 1000), p_secret),
                              'timed_out', sqlerrm ~ '^(Operation|Connection|Resolving) timed out');
  end;
  begin
    v_retry_after := (select max(h.value) from unnest(v_answer.headers) as h where lower(h.field) = 'retry-after');
    v_content := left(v_answer.content, 65536);
    -- bytes come as they are; what is no text here would break every reader of the ledger
    v_content := convert_from(convert_to(v_content, getdatabaseencoding()), getdatabaseencoding());
  exception when others then
    v_content := 'the response is not valid text';
  end;
  return jsonb_build_object('call', p_call, 'sent', true, 'status_code', v_answer.status, 'timed_out', false,
                            'content', bunkd.mask_secret(v_content, p_secret), 'retry_after', v_retry_after);
end
$$;

comment on function bunkd.send_request(bigint, regprocedure, text, text, text, integer, text) is
  'Sends one call with pgsql-http, waits for its answer, and returns it as bunkd.settle_answers takes it; p_secret is '
  'hidden where the answer quotes it.';
