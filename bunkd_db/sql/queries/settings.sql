select n.name, current_setting(n.name, true) as value
  from unnest(%(names)s::text[]) as n (name)
