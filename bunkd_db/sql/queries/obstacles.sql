-- why no calls are made now: none where they are, or could be at once
select o.code, o.detail, o.remedy, o.commands from bunkd.find_obstacles(%(schedule)s) as o
