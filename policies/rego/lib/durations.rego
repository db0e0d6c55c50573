# METADATA
# title: Durations
# description: |
#   How long a text says that something lasts, in the two forms that resources use. What is no duration, is negative, or
#   has more digits than anybody needs lasts for no time that could be compared: it is undefined, never an error that would
#   end the judging of all else. Judges nothing.
# scope: package
package lib.durations

# Kubernetes' own form, as far as it is used for hours and days: `2160h`, `1h30m`.
seconds(text) := lasts if {
	is_string(text)
	text != ""
	found := regex.find_all_string_submatch_n(`^(?:([0-9]{1,7})h)?(?:([0-9]{1,7})m)?(?:([0-9]{1,7})s)?$`, text, 1)[0]
	lasts := _sum(found, [3600, 60, 1])
}

# That of ISO 8601, in years, months and days: `P1Y6M`, `P90D`. A year has 365 of them, a month 30.
days(text) := lasts if {
	is_string(text)
	found := regex.find_all_string_submatch_n(`^P(?:([0-9]{1,4})Y)?(?:([0-9]{1,4})M)?(?:([0-9]{1,5})D)?$`, text, 1)[0]
	text != "P"
	lasts := _sum(found, [365, 30, 1])
}

_sum(found, lengths) := sum([part | some index, length in lengths; part := _number(found[index + 1]) * length])

_number(digits) := to_number(digits) if digits != ""

_number("") := 0
