# SPDX-License-Identifier: GPL-2.0-only
#
# Where a blackout went, by what the kernels said on the console: a line "PART NS" for each
# part of bench/landmarks, together the blackout.
#
# usage: awk -v blackout=NS -f landmarks.awk LANDMARKS verdict.lines console.lines
#
# The .lines are of vm.sh -s: "NS TEXT", NS is the host's clock when the line came. Zero is
# when the line with t0 came. What the new kernel logs before its console works comes all at
# once when it does: the time stamps of the log say how long before a later line it was
# said. A line cannot come before it was said, so of all later lines the one that makes it
# earliest is right. A clock of the log that does not run yet (0.000000) tells nothing: such
# a line was said when the clock started, or when the line came, if that was earlier.
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

# The console, from zero to /init, and what came a little late
zero && $1 >= zero && $1 <= zero + blackout + 20e6 && match($0, /\[ *[0-9]+\.[0-9]+\] /) {
	at[++nr] = $1 - zero
	said[nr] = substr($0, RSTART + 1, RLENGTH - 3) * 1e9
	mark[nr] = part_of(substr($0, RSTART + RLENGTH))
	# A clock that went back is the next kernel's.
	if (nr > 1 && !first_new && said[nr] < said[nr - 1])
		first_new = nr
	if (!console && /printk: (legacy )?console \[ttyS0\] enabled/)
		console = nr
}

END {
	if (!zero || !blackout || !nr) {
		print "landmarks.awk: no t0 in the verdict, or nothing on the console" >"/dev/stderr"
		exit 1
	}
	for (i = nr; i >= first_new; i--) {
		if (i == nr || at[i] - said[i] < least)
			least = at[i] - said[i]
		if (i < console)
			at[i] = said[i] + least
	}
	for (i = 1; i <= nr; i++) {
		if (!mark[i] || seen[mark[i]]++)
			continue
		if (at[i] < last)
			at[i] = last
		if (at[i] > blackout)
			at[i] = blackout
		printf "%s %.0f\n", name[mark[i]], at[i] - last
		last = at[i]
	}
	printf "userspace %.0f\n", blackout - last
}
