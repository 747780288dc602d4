select s.wake from bunkd.schedule s where s.name = %(schedule)s
