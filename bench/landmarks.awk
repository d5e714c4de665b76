# SPDX-License-Identifier: GPL-2.0-only
#
# Where a blackout went, by what the kernels said on the console: a line "PART NS" for each
# part of bench/landmarks, together the blackout.
#
# usage: awk -v blackout=NS -f landmarks.awk LANDMARKS verdict.lines console.lines
#
# The .lines are of vm.sh -s: "NS TEXT", NS is the host's clock when the line came. Zero is
# when the line with t0 came. What the new kernel logs before its console works comes all at
# once when it does, and a long log is late: there the time stamps of its log say how long
# before a line of which the host's clock is known something was said. A line cannot come
# before it was said, so of all later lines the one that makes it earliest is right.
# What is said before the kernel's own clock runs (0.000000) is taken to be said when it starts.
#
# Exit status: 0; 1 there is nothing that could be told.

function part_of(line,    i) {
	for (i = 1; i <= nr_marks; i++)
		if (index(line, text[i]))
			return i
	return 0
}

FILENAME == ARGV[1] {
	if (/^#/ || !NF)
		next
	name[++nr_marks] = $1
	sub(/^[^ \t]+[ \t]*/, "")
	text[nr_marks] = $0
	next
}

FILENAME == ARGV[2] {
	if ($3 ~ /^t0=/)
		zero = $1
	next
}

# The console, from zero to /init
zero && $1 >= zero && $1 <= zero + blackout && match($0, /\[ *[0-9]+\.[0-9]+\] /) {
	came[++nr] = $1 - zero
	log_ns = substr($0, RSTART + 1, RLENGTH - 3) * 1e9
	# A clock that went back is the next kernel's.
	if (nr > 1 && !first_new && log_ns < said[nr - 1])
		first_new = nr
	said[nr] = log_ns
	mark[nr] = part_of(substr($0, RSTART + RLENGTH))
}

END {
	if (!zero || !blackout || !nr) {
		print "landmarks.awk: no t0 in the verdict, or nothing on the console" >"/dev/stderr"
		exit 1
	}
	for (i = nr; i >= 1; i--) {
		if (first_new && i >= first_new && (i == nr || came[i] - said[i] < least))
			least = came[i] - said[i]
		at[i] = first_new && i >= first_new ? said[i] + least : came[i]
	}
	last = 0
	for (i = 1; i <= nr; i++) {
		if (!mark[i] || seen[mark[i]]++)
			continue
		if (at[i] < last)
			at[i] = last
		printf "%s %.0f\n", name[mark[i]], at[i] - last
		last = at[i]
	}
	printf "init %.0f\n", blackout - last
}
