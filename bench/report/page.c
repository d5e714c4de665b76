// SPDX-License-Identifier: GPL-2.0-only
/*
 * The page of make blackout: one self-contained file with everything that is known of the runs.
 * Nothing is fetched: style and pictures are inline. Text of the samples is escaped.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "scenario.h"

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
	".where td{padding:.05rem .6rem;border:0}.where td:first-child{white-space:pre}\n"
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
	"<div class=\"back\"><b>Restore</b><br>Every folio is restored. Only this loop is "
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

static void put_environment(FILE *out, const struct run *run)
{
	fputs("<h3>Where it was measured</h3>\n<table class=\"env\"><tbody>\n", out);
	json_object_object_foreach(run->env, key, val) {
		if (!strcmp(key, "type") || !strcmp(key, "command"))
			continue;
		fputs("<tr><th>", out);
		html_text(out, key);
		fputs("</th><td>", out);
		html_text(out, json_object_get_string(val));
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody></table>\n<h3>Again</h3>\n<pre>", out);
	html_text(out, string_of(run->env, "command"));
	fputs("</pre>\n", out);
}

/* Lines for the terminal */
static void put_lines(FILE *out, const char *title, const struct scenarios *all,
		      const struct targets *t)
{
	char *text = NULL;
	size_t size = 0;
	FILE *mem = open_memstream(&text, &size);

	if (t)
		targets_put(mem, all, t);
	else
		put_failures(mem, all);
	output_close(mem, title);
	if (size) {
		fprintf(out, "<h3>%s</h3>\n<pre>", title);
		html_text(out, text);
		fputs("</pre>\n", out);
	}
	free(text);
}

/* gnuplot's file without its prolog and title */
static void put_picture(FILE *out, const char *dir, const char *name, const char *caption)
{
	char path[PATH_MAX], *buf = NULL;
	bool inside = false;
	size_t size = 0;
	FILE *in;

	if (!*name)
		return;
	snprintf(path, sizeof(path), "%s/%s.svg", dir, name);
	in = file_open(path, "r");
	fputs("<figure>\n", out);
	while (getline(&buf, &size, in) >= 0) {
		inside |= !strncmp(buf, "<svg", 4);
		if (inside && strncmp(buf, "<title>", 7) && strncmp(buf, "<desc>", 6))
			fputs(buf, out);
	}
	fprintf(out, "<figcaption>%s</figcaption></figure>\n", caption);
	free(buf);
	fclose(in);
}

static void put_where(FILE *out, const char *dir, const struct section *s)
{
	if (!where_known(&s->all))
		return;
	fputs("<h3>Where the time went</h3>\n", out);
	put_picture(out, dir, s->where.s, "Each bar is a blackout, drawn to its own scale with its "
		    "length beside it: medians of the parts. Lines of the console divide both "
		    "kernels at the same places; the third bar is ours by the stamps of the kernel.");
	fputs("<div class=\"where\">\n", out);
	where_put(out, s->run, &s->all, HTML);
	fputs("</div>\n", out);
}

/* Chart, tables, breakdown, targets, failures and environment of a run */
static void put_section(FILE *out, const char *dir, const struct section *s,
			const struct targets *t)
{
	fprintf(out, "<section>\n<h2>Measured in %s</h2>\n", s->run->where);
	put_lines(out, "Failed: no number from these", &s->all, NULL);
	put_picture(out, dir, s->chart.s, "Both axes are logarithmic. Whiskers reach from the "
		    "shortest to the longest repetition; a triangle is a limit that was reached "
		    "before the new kernel was up.");
	fputs("<h3>Blackout, seconds</h3>\n", out);
	blackout_table(out, &s->all, HTML);
	fputs("<h3>Restore, and total = blackout + restore: medians in seconds</h3>\n", out);
	total_table(out, &s->all, HTML);
	put_where(out, dir, s);
	if (t->nr)
		put_lines(out, "Targets", &s->all, t);
	put_environment(out, s->run);
	fputs("</section>\n", out);
}

void page_put(FILE *out, const char *dir, const struct section *v, size_t nr,
	      const struct targets *t)
{
	fprintf(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
		"<title>Blackout of a live update</title>\n<style>\n%s</style>\n</head>\n<body>\n"
		"<h1>Blackout of a live update</h1>\n"
		"<p class=\"dim\">Stock Linux kexec handover against kho_fast: same source, same "
		"configuration but for one option, same workload; everything preserved was "
		"verified afterwards.</p>\n", style);
	for (size_t i = 0; i < nr; i++)
		put_section(out, dir, &v[i], t);
	fprintf(out, "%s</body>\n</html>\n", method);
}
