-- asked only of a credential whose payload was read before, when its kind was found
select extract(epoch from to_timestamp((convert_from(decode(
         rpad(v.payload, (length(v.payload) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb ->> 'exp')::double precision)
         - clock_timestamp())::double precision as seconds
  from (select translate(split_part(bunkd.read_credential(%(schedule)s), '.', 2), '-_', '+/') as payload) as v
