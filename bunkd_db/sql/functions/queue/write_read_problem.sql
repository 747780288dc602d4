create or replace function bunkd.write_read_problem(p_queue regclass, p_state text, p_message text) returns text
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  return format('%s cannot be read: %s', p_queue,
    -- a message about a value quotes it, and a reader of bunkd.status cannot read the queue
    case when p_state like '22%' then regexp_replace(p_message, E'\\s*["''\\u00ab\\u00bb\\u2018-\\u201f].*$', ' ...')
    else p_message end);
end
$$;

comment on function bunkd.write_read_problem(regclass, text, text) is
  'Why a queue could not be read, by sqlstate and sqlerrm, without the values of its rows.';
