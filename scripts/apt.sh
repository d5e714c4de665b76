#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Access to Debian suites that are not configured on this machine, without changing its
# configuration: a private sources list with the machine's mirror and Debian's keys; lists
# and archives are in the cache.  Sourced after lib.sh.

is_debian() { [ "$(os_release ID)" = debian ] && command -v apt-get >/dev/null; }

os_release() { sed -n "s/^$1=\"\{0,1\}\([^\"]*\)\"\{0,1\}\$/\1/p" /etc/os-release 2>/dev/null; }

# private_apt DIR ARG...: apt-get with DIR/sources.list only
# $apt_get, if set, replaces apt-get
private_apt() {
	_dir=$1
	shift
	"${apt_get:-apt-get}" -q -y -o Dir::Etc::sourceparts=- -o "Dir::Etc::sourcelist=$_dir/sources.list" \
		-o "Dir::State::lists=$_dir/lists" -o "Dir::Cache=$_dir/cache" \
		-o APT::Sandbox::User=root -o APT::Update::Error-Mode=any "$@"
}

# private_suites DIR SUITE...: prepare DIR for private_apt and fetch the lists
private_suites() {
	_dir=$1
	shift
	_keys=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -f "$_keys" ] || die "$_keys is missing: install debian-archive-keyring"
	mkdir -p "$_dir/lists/partial" "$_dir/cache/archives/partial"
	_mirror=$(debian_mirror "$_dir")
	for _suite; do
		echo "deb [signed-by=$_keys] $_mirror $_suite main"
	done >"$_dir/sources.list"
	apt_step "reading the package lists of $*" "$_dir/update.log" private_apt "$_dir" update
}

# The mirror in use on this machine.  A fresh image has no lists, which tell the Debian
# entries from others: fetch them to a private folder.
debian_mirror() {
	_uri=$(mirror_in_lists)
	if [ -z "$_uri" ]; then
		mkdir -p "$1/system/partial"
		apt_step "reading the machine's package lists" "$1/system.log" apt-get -q \
			-o "Dir::State::lists=$1/system" -o "Dir::Cache=$1/cache" \
			-o APT::Sandbox::User=root update
		_uri=$(mirror_in_lists -o "Dir::State::lists=$1/system")
	fi
	[ -n "$_uri" ] || apt_failed
	echo "$_uri"
}

# shellcheck disable=SC2016	# the dollars are apt's
mirror_in_lists() {
	apt-get "$@" indextargets --format '$(ORIGIN)/$(LABEL)/$(COMPONENT) $(REPO_URI)' \
		'Created-By: Packages' 2>/dev/null |
		awk '$1 == "Debian/Debian/main" { print $2; exit }'
}

# apt_step WHAT LOG COMMAND...: on failure print step, reason and remedy
# shellcheck disable=SC2034	# on_failure is read by run_long
apt_step() {
	on_failure=apt_failed
	run_long "$@"
	on_failure=
}

# shellcheck disable=SC2154	# _log, _rc and _what are run_long's
apt_failed() {
	grep -m 5 -E '^(E|Err)[: ]' "$_log" >&2 || tail -n 5 "$_log" >&2
	if grep -qE 'Could not (resolve|connect)|Temporary failure|Unable to connect|timed out|unreachable|Connection failed' "$_log"; then
		_why="apt cannot reach its mirror: check the network, or the proxy in apt's configuration"
	elif grep -qE 'No space left|enough free space' "$_log"; then
		_why='the disk is full'
	elif grep -qE 'Could not get lock|Unable to acquire' "$_log"; then
		_why='another package manager is running: wait for it and run this again'
	elif [ "$_rc" -eq 0 ]; then
		_why="no Debian mirror is in the machine's apt sources: add one (see /etc/apt)"
	else
		_why="exit status $_rc"
	fi
	die "$_what failed: $_why; the log: $_log"
}
