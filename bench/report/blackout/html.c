// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page: one self-contained file with everything the log says about the runs
 * shown. Nothing is fetched: style and chart are inline. What comes from the
 * log is escaped.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static const char style[] =
	":root{color-scheme:light dark;--bg:#fff;--fg:#1c2126;--dim:#5b6670;--line:#d8dee4;"
	"--soft:#f4f6f8;--stock:#c8501e;--ours:#2a6fc9;--good:#1a7f37;--bad:#c62828}\n"
	"@media(prefers-color-scheme:dark){:root{--bg:#14181c;--fg:#dfe5ea;--dim:#93a0ab;"
	"--line:#333c45;--soft:#1c2228;--stock:#f0875a;--ours:#6ea8f2;--good:#57c26e;"
	"--bad:#ff7b72}}\n"
	"body{margin:0 auto;padding:2rem 1.2rem 4rem;max-width:60rem;background:var(--bg);"
	"color:var(--fg);font:16px/1.55 system-ui,sans-serif}\n"
	"h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem}\n"
	"h2{font-size:1.25rem;margin:2.6rem 0 .6rem}\n"
	"h3{font-size:1rem;margin:1.8rem 0 .4rem}\n"
	"p{max-width:44rem}.dim{color:var(--dim)}\n"
	".wide{overflow-x:auto}\n"
	"table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;"
	"font-size:.93rem}\n"
	"th,td{padding:.35rem .6rem;text-align:right;white-space:nowrap;"
	"border-bottom:1px solid var(--line)}\n"
	"th{font-weight:600;color:var(--dim)}thead tr:last-child th{border-bottom-width:2px}\n"
	"th:first-child,td:first-child,.env td{text-align:left}\n"
	".env td{white-space:normal}.env th{vertical-align:top;width:9rem}\n"
	".s{color:var(--stock)}.o{color:var(--ours)}.r{font-weight:650}\n"
	"pre{background:var(--soft);padding:.8rem 1rem;overflow-x:auto;border-radius:6px;"
	"font-size:.88rem;line-height:1.4}\n"
	".steps{display:flex;gap:3px;margin:1rem 0 .4rem;font-size:.84rem;line-height:1.3}\n"
	".steps div{flex:1;padding:.6rem .7rem;background:var(--soft);border-top:4px solid var(--line)}\n"
	".steps div.dark{flex:1.7;border-top-color:var(--stock)}"
	".steps div.back{border-top-color:var(--ours)}\n"
	"@media(max-width:42rem){.steps{flex-direction:column}}\n"
	"figure{margin:1rem 0}figure svg{width:100%;height:auto;display:block}\n"
	"figcaption{font-size:.88rem;color:var(--dim)}\n"
	/* gnuplot draws in fixed colours: hand them to the page's. */
	"svg rect[fill='#ffffff']{fill:none}svg [color='black'],svg [color='white']{color:var(--fg)}\n"
	"svg [fill='black']{fill:var(--fg)}svg [stroke='black']{stroke:var(--fg)}\n"
	"svg [stroke='rgb(200,  80,  30)']{stroke:var(--stock)}svg [color='#c8501e']{color:var(--stock)}\n"
	"svg [stroke='rgb( 42, 111, 201)']{stroke:var(--ours)}svg [color='#2a6fc9']{color:var(--ours)}\n";

static const char method[] =
	"<h2>How the blackout is measured</h2>\n"
	"<div class=\"steps\">\n"
	"<div><b>Old kernel</b><br>The workload allocates its folios, stamps them and preserves "
	"them. The next kernel is loaded.</div>\n"
	"<div class=\"dark\"><b>Blackout</b><br>From the TSC read right before reboot(2), through "
	"shutdown, jump, decompression and boot, to the TSC read as the first thing in the new "
	"kernel's first process.</div>\n"
	"<div><b>Scribble</b><br>Memory that is free in the new kernel is overwritten.</div>\n"
	"<div class=\"back\"><b>Restore</b><br>Every folio is claimed. Only this loop is "
	"timed.</div>\n"
	"<div><b>Verify</b><br>Each stamp, order and reference count is compared.</div>\n"
	"</div>\n"
	"<p>The TSC runs on across the kexec, so both readings are of one clock. Stock and ours are "
	"the same source and configuration but for one option, in the same virtual machine, and "
	"their repetitions alternate; the first boot, which warms the host's caches, is dropped. "
	"Each repetition is a virtual machine of its own.</p>\n"
	"<p>Figures are medians of the repetitions; spread is (max &minus; min) / median; there are "
	"no means. A kernel that did not finish in time is shown as &ldquo;&gt; limit&rdquo; and "
	"makes a ratio a lower bound. A run that fails its verification gives no number. Folios are "
	"scattered: of each pair of neighbours one is preserved, the other free. A dash means not "
	"measured.</p>\n"
	"<p>Under QEMU's TCG (<code>qemu-tcg</code>) each instruction is emulated: read the "
	"ratios, not the seconds.</p>\n";

/**
 * html_text() - Text as it stands.
 * @out: The file.
 * @s: The text.
 */
void html_text(FILE *out, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*s, out);
		}
	}
}

static void cell(FILE *out, const char *class, const char *s)
{
	fprintf(out, "<td%s%s%s>", *class ? " class=\"" : "", class, *class ? "\"" : "");
	html_text(out, s);
	fputs("</td>", out);
}

static void blackout_row(FILE *out, const struct scenario *sc)
{
	struct figure stock = figure_of(sc, STOCK, BLACKOUT);
	struct figure fast = figure_of(sc, FAST, BLACKOUT);
	struct ratio ratio = ratio_of(&stock, &fast);

	fputs("<tr>", out);
	cell(out, "", text_label(sc).s);
	cell(out, "", sc->memory);
	cell(out, "", text_min(&stock).s);
	cell(out, "s", text_med(&stock).s);
	cell(out, "", text_min(&fast).s);
	cell(out, "o", text_med(&fast).s);
	cell(out, "r", text_ratio(&ratio).s);
	cell(out, "", text_spread(&stock).s);
	cell(out, "", text_spread(&fast).s);
	fputs("</tr>\n", out);
}

static void total_row(FILE *out, const struct scenario *sc)
{
	struct figure stock_restore = figure_of(sc, STOCK, RETRIEVE);
	struct figure fast_restore = figure_of(sc, FAST, RETRIEVE);
	struct figure stock = figure_of(sc, STOCK, TOTAL);
	struct figure fast = figure_of(sc, FAST, TOTAL);
	struct ratio ratio = ratio_of(&stock, &fast);
	char runs[48];

	snprintf(runs, sizeof(runs), "%zu / %zu", sc->series[STOCK].nr, sc->series[FAST].nr);
	fputs("<tr>", out);
	cell(out, "", text_label(sc).s);
	cell(out, "", sc->memory);
	cell(out, "s", text_med(&stock_restore).s);
	cell(out, "o", text_med(&fast_restore).s);
	cell(out, "s", text_med(&stock).s);
	cell(out, "o", text_med(&fast).s);
	cell(out, "r", text_ratio(&ratio).s);
	cell(out, "", runs);
	fputs("</tr>\n", out);
}

static void tables(FILE *out, const struct run *run)
{
	fputs("<h3>Blackout, seconds</h3>\n<div class=\"wide\"><table><thead>"
	      "<tr><th></th><th></th><th colspan=\"2\">Stock</th><th colspan=\"2\">Ours</th>"
	      "<th>Stock /</th><th colspan=\"2\">Spread</th></tr>"
	      "<tr><th>Preserved</th><th>RAM</th><th>min</th><th>median</th><th>min</th>"
	      "<th>median</th><th>ours</th><th>stock</th><th>ours</th></tr></thead><tbody>\n", out);
	for (size_t i = 0; i < run->nr; i++)
		blackout_row(out, &run->scenarios[i]);
	fputs("</tbody></table></div>\n", out);

	fputs("<h3>Restore, and total = blackout + restore: medians in seconds</h3>\n"
	      "<div class=\"wide\"><table><thead><tr><th></th><th></th>"
	      "<th colspan=\"2\">Restore</th><th colspan=\"2\">Total</th><th>Stock /</th>"
	      "<th>Repetitions</th></tr><tr><th>Preserved</th><th>RAM</th><th>stock</th>"
	      "<th>ours</th><th>stock</th><th>ours</th><th>ours</th><th>stock / ours</th>"
	      "</tr></thead><tbody>\n", out);
	for (size_t i = 0; i < run->nr; i++)
		total_row(out, &run->scenarios[i]);
	fputs("</tbody></table></div>\n", out);
}

static void environment(FILE *out, const struct run *run)
{
	fputs("<h3>Where it was measured</h3>\n<table class=\"env\"><tbody>\n", out);
	json_object_object_foreach(run->env, key, val) {
		if (!strcmp(key, "type") || !strcmp(key, "command"))
			continue;
		fputs("<tr><th>", out);
		html_text(out, key);
		fputs("</th>", out);
		cell(out, "", json_object_get_string(val));
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n<h3>Again</h3>\n<pre>", out);
	html_text(out, json_object_get_string(json_object_object_get(run->env, "command")));
	fputs("</pre>\n", out);
}

/* The lines that a printer for the terminal would write, escaped. */
static void preformatted(FILE *out, const char *title, const struct run *run,
			 const struct targets *t)
{
	char *text = NULL;
	size_t size = 0;
	FILE *mem = open_memstream(&text, &size);

	if (!mem)
		die("out of memory");
	if (t)
		targets_print(mem, run, t);
	else
		table_print_failures(mem, run);
	if (fclose(mem))
		die("out of memory");
	if (size) {
		fprintf(out, "<h3>%s</h3>\n<pre>", title);
		html_text(out, text);
		fputs("</pre>\n", out);
	}
	free(text);
}

/* gnuplot's file without what belongs to a file: prolog and title. */
static void chart(FILE *out, const char *svg)
{
	FILE *in = fopen(svg, "r");
	bool inside = false;
	char *buf = NULL;
	size_t size = 0;

	if (!in)
		die("%s: %s", svg, strerror(errno));
	fputs("<figure>\n", out);
	while (getline(&buf, &size, in) >= 0) {
		inside |= !strncmp(buf, "<svg", 4);
		if (inside && strncmp(buf, "<title>", 7) && strncmp(buf, "<desc>", 6))
			fputs(buf, out);
	}
	fputs("<figcaption>Both axes are logarithmic. Whiskers reach from the shortest to the "
	      "longest repetition; a triangle is a limit that was reached before the new kernel "
	      "was up.</figcaption></figure>\n", out);
	free(buf);
	fclose(in);
}

/**
 * html_begin() - Open the page.
 * @out: The file.
 */
void html_begin(FILE *out)
{
	fprintf(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		"<title>Blackout of a live update</title>\n<style>\n%s</style>\n</head>\n<body>\n"
		"<h1>Blackout of a live update</h1>\n"
		"<p class=\"dim\">Stock Linux kexec handover against kho_fast: same source, same "
		"configuration but for one option, same workload; everything preserved was "
		"verified afterwards.</p>\n", style);
}

/**
 * html_run() - One section: chart, tables, targets, failures, environment.
 * @out: The file.
 * @run: The run.
 * @t: Targets, may be none.
 * @svg: File with its chart, or NULL.
 */
void html_run(FILE *out, const struct run *run, const struct targets *t, const char *svg)
{
	fprintf(out, "<section>\n<h2>Measured in %s</h2>\n", run->where);
	preformatted(out, "Failed: no number from these", run, NULL);
	if (svg)
		chart(out, svg);
	tables(out, run);
	where_html(out, run);
	if (t->nr)
		preformatted(out, "Targets", run, t);
	environment(out, run);
	fputs("</section>\n", out);
}

/**
 * html_end() - How it is measured, and close the page.
 * @out: The file.
 */
void html_end(FILE *out)
{
	fprintf(out, "%s</body>\n</html>\n", method);
}
