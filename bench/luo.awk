# SPDX-License-Identifier: GPL-2.0-only
#
# The table over the samples of bench/luo.sh, for one run.
#
# usage: awk -v run=RUN -f luo.awk luo.jsonl
#
# Exit status: 0; 1 a repetition failed or a target is not met, 2 there are no samples.

# The value of a member of the object on this line, "" if it has none
function member(key,    at, s) {
	at = index($0, "\"" key "\":")
	if (!at)
		return ""
	s = substr($0, at + length(key) + 3)
	if (substr(s, 1, 1) == "\"") {
		s = substr(s, 2)
		return substr(s, 1, index(s, "\"") - 1)
	}
	return match(s, /^[-0-9.]+/) ? substr(s, 1, RLENGTH) : ""
}

function add(quantity, ns,    at) {
	at = member("kernel") SUBSEP member("scenario") SUBSEP quantity
	v[at, ++nr[at]] = ns / 1e9
	if (nr[at] > reps)
		reps = nr[at]
}

# Of what was measured, in seconds; 0 if nothing was
function median(kernel, scenario, quantity,    at, i, j, n, x, s) {
	at = kernel SUBSEP scenario SUBSEP quantity
	n = nr[at] + 0
	for (i = 1; i <= n; i++) {
		x = v[at, i]
		for (j = i - 1; j && s[j] > x; j--)
			s[j + 1] = s[j]
		s[j + 1] = x
	}
	return n ? (s[int((n + 1) / 2)] + s[int(n / 2) + 1]) / 2 : 0
}

function target(op, limit, ratio,    met) {
	met = op == ">=" ? ratio >= limit : ratio <= limit
	missed += !met
	return "  " op " " limit " " (met ? "met" : "MISSED")
}

# One line: stock, ours, how many times as fast; at least @limit times, if there is one
function faster(what, scenario, quantity, limit,    stock, ours) {
	stock = median("stock", scenario, quantity)
	ours = median("fast", scenario, quantity)
	if (!stock || !ours)
		return
	printf "%-42s %8.3f %8.3f %7.2fx%s\n", what, stock, ours, stock / ours,
		limit ? target(">=", limit, stock / ours) : ""
}

# One line: what a file of 5,000 and one of 20,000 cost; stock's is there to compare with
function linear(kernel, quantity,    few, many) {
	few = median(kernel, "files-5000", quantity) / 5000
	many = median(kernel, "files-20000", quantity) / 20000
	if (!few || !many)
		return
	printf "%-42s %8.1f %8.1f %7.2fx%s\n", quantity ", " (kernel == "fast" ? "ours" : kernel),
		few * 1e6, many * 1e6, many / few, kernel == "fast" ? target("<=", 1.3, many / few) : ""
}

member("run") != run || member("type") != "sample" { next }
member("status") != "ok" { failed++; next }
{
	add("preserve", member("preserve_ns"))
	add("retrieve", member("retrieve_ns") + member("files_ns"))
	add("sessions", member("open_ns") + member("sessions_ns"))
	add("last", member("last_ns"))
}

END {
	if (!reps && !failed) {
		print "luo.awk: no samples of the run '" run "'" >"/dev/stderr"
		exit 2
	}
	printf "%-42s %8s %8s %8s  target\n", "seconds, median of " reps + 0, "stock", "ours", "ratio"
	faster("memfd of 400,000 pages, preserve", "pages", "preserve", 2)
	faster("memfd of 400,000 pages, retrieve", "pages", "retrieve", 3)
	faster("400,000 pages, guest of 4 GiB, preserve", "pages-cma", "preserve")
	faster("4,000 sessions, open and retrieve", "sessions", "sessions", 5)
	for (n = 5; n <= 20; n *= 2) {
		faster(n ",000 files, preserve", "files-" n "000", "preserve")
		faster(n ",000 files, retrieve", "files-" n "000", "retrieve")
	}
	faster("40,000 files, 2,000 sessions, from reboot", "whole", "last", 4)
	faster("the same in one piece of memory", "whole-dense", "last")
	faster("100 files, 20 sessions, from reboot", "whole-small", "last")
	if (nr["fast", "files-5000", "last"] && nr["fast", "files-20000", "last"]) {
		printf "\n%-42s %8s %8s %8s  target\n", "microseconds for a file", "of 5000",
			"of 20000", "ratio"
		linear("stock", "preserve")
		linear("fast", "preserve")
		linear("stock", "retrieve")
		linear("fast", "retrieve")
	}
	if (failed)
		printf "\n%d repetitions failed: see the log\n", failed
	exit failed || missed
}
