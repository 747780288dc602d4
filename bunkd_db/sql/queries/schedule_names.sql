select s.name from bunkd.schedule s order by s.name
