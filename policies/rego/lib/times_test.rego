package lib.times_test

import data.lib.times

test_times_with_a_zone_are_some if {
	every text in ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678901Z", "2026-01-02T03:04:05+02:00"] {
		times.is_one(text)
	}
}

test_all_else_is_none if {
	every text in ["", "soon", "2026-01-02", "2026-01-02T03:04:05", " 2026-01-02T03:04:05Z", 5, null, {}] {
		not times.is_one(text)
	}
}
