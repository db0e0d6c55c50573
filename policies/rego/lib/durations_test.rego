package lib.durations_test

import data.lib.durations

test_hours_minutes_and_seconds_add_up if {
	{text: durations.seconds(text) | some text in ["2160h", "1h30m", "90m", "1h1m1s", "0s", "9999999h9999999m9999999s"]} == {
		"2160h": 7776000, "1h30m": 5400, "90m": 5400, "1h1m1s": 3661, "0s": 0, "9999999h9999999m9999999s": 36609996339,
	}
}

test_years_months_and_days_add_up if {
	{text: durations.days(text) | some text in ["P90D", "P1Y", "P1Y6M", "P2M3D", "P0D"]} == {
		"P90D": 90, "P1Y": 365, "P1Y6M": 545, "P2M3D": 63, "P0D": 0,
	}
}

test_what_is_no_duration_has_no_length if {
	every text in [
		"", " ", "1", "h", "-1h", "+1h", "1.5h", "1H", "30d", "1h 1m", "1h1h", "1m1h", "99999999h", "99999999999999999999h", "١h",
		null, 7, true, [], {},
	] {
		not durations.seconds(text)
	}
	every text in ["", "P", "p1Y", "P1W", "PT1H", "P1DT1H", "P-1D", "P1.5Y", "P1D1Y", "P99999Y", "P999999D", "1D", null, 7, [], {}] {
		not durations.days(text)
	}
}
