# SPDX-License-Identifier: GPL-2.0-only
#
# A section of a page in Markdown as plain text for a mail: tables with their columns in
# line, paragraphs folded, no markup.
#
# usage: awk -v section='Measured' -f plain.awk README.md

/^## / { inside = $0 == "## " section; next }
!inside { next }
{ gsub(/[`*]|\]\([^)]*\)|\[/, "") }
/^\|[-:|]*$/ { next }
/^\|/ { row(); next }
/^$/ { flush(); print ""; next }
{ text = text " " $0 }
END { flush() }

# A head of two words takes two lines.
function row(	part, word, j) {
	cols = split($0, part, / *\| */) - 2
	rows++
	for (j = 1; j <= cols; j++) {
		cell[rows, j] = part[j + 1]
		if (rows == 1) {
			cell[0, j] = ""
			if (split(part[j + 1], word, " ") == 2) {
				cell[0, j] = word[1]
				cell[1, j] = word[2]
			}
			width[j] = length(cell[0, j])
		}
		if (length(cell[rows, j]) > width[j])
			width[j] = length(cell[rows, j])
	}
}

function flush(	i) {
	for (i = 0; rows && i <= rows; i++)
		print_row(i)
	rows = 0
	if (text != "")
		fold(text)
	text = ""
}

function print_row(i,	line, j) {
	line = sprintf("%-" width[1] "s", cell[i, 1])
	for (j = 2; j <= cols; j++)
		line = line sprintf("  %" width[j] "s", cell[i, j])
	sub(/ +$/, "", line)
	print line
}

function fold(text,	word, n, i, line) {
	n = split(text, word, " ")
	line = word[1]
	for (i = 2; i <= n; i++)
		if (length(line " " word[i]) > 72) {
			print line
			line = word[i]
		} else {
			line = line " " word[i]
		}
	print line
}
