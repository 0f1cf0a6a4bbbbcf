package tests.lib.times

import data.custody.lib.times
import data.tests.lib.samples

at(instant) := object.union(samples.letter, {"context": {"time": instant}})

# A Wednesday.
test_an_interval_is_half_open if {
	times.between("2026-07-01T10:00:00Z", "2026-07-02T00:00:00Z") with input as at("2026-07-01T10:00:00Z")
	times.between("2026-07-01T10:00:00Z", "2026-07-02T00:00:00Z") with input as at("2026-07-01T23:59:59.999Z")
	not late
}

late if times.between("2026-07-01T10:00:00Z", "2026-07-02T00:00:00Z") with input as at("2026-07-02T00:00:00Z")

test_office_hours if {
	times.within_hours(8, 18) with input as at("2026-07-01T08:00:00Z")
	times.within_hours(8, 18) with input as at("2026-07-01T17:59:59Z")
	not after_hours
}

after_hours if times.within_hours(8, 18) with input as at("2026-07-01T18:00:00Z")

test_a_night_runs_over_midnight if {
	times.within_hours(22, 6) with input as at("2026-07-01T23:00:00Z")
	times.within_hours(22, 6) with input as at("2026-07-01T05:59:59Z")
	not by_day
}

by_day if times.within_hours(22, 6) with input as at("2026-07-01T06:00:00Z")

test_working_days if {
	times.on_working_day with input as at("2026-07-03T12:00:00Z")
	not weekend
}

weekend if times.on_working_day with input as at("2026-07-04T12:00:00Z")
