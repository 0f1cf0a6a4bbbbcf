# When a call is made: always the time that the input carries, in UTC, so that a replay decides the same.
package custody.lib.times

# Nanoseconds since 1970.
now := time.parse_rfc3339_ns(input.context.time)

hour := time.clock(now)[0]

weekday := time.weekday(now)

# The half-open interval between two instants in RFC 3339.
between(start, end) if {
	time.parse_rfc3339_ns(start) <= now
	now < time.parse_rfc3339_ns(end)
}

# Full hours, the first included and the last not; 22 to 6 runs over midnight.
within_hours(first, last) if {
	first <= last
	hour >= first
	hour < last
}

within_hours(first, last) if {
	first > last
	hour >= first
}

within_hours(first, last) if {
	first > last
	hour < last
}

on_working_day if not weekday in {"Saturday", "Sunday"}
