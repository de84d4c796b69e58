# shellcheck shell=sh disable=SC2154
# What the scripts beside this file share. They set $here to their own folder and source it.

umask 022
export LC_ALL=C
project=$(dirname "$here")
cache=${XUNSHARE_CACHE:-$project/.cache}
case $cache in /*) ;; *) cache=$PWD/$cache ;; esac

# The commands of every tree. Debian's busybox-static has them all, and build-busybox builds just these.
# shellcheck disable=SC2034
applets="ash basename cat chmod chown chroot cmp cp cut date dd dirname echo egrep env expr false fgrep
find grep head hostname id kill ln ls mkdir mknod mktemp mount mv nproc nsenter od printf ps pwd readlink
realpath rm rmdir sed seq setsid sh sha256sum sleep sort stat sync tail tee test timeout touch tr true tty
umount uname uniq unshare wc which whoami xargs yes"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$@"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }

# target_of ARCH: what QEMU calls a Debian architecture.
target_of() {
	case $1 in
	amd64) echo x86_64 ;;
	arm64) echo aarch64 ;;
	armel | armhf) echo arm ;;
	loong64) echo loongarch64 ;;
	powerpc) echo ppc ;;
	ppc64el) echo ppc64le ;;
	alpha | hppa | i386 | m68k | mips | mipsel | mips64el | ppc64 | riscv64 | s390x | sh4 | sparc64) echo "$1" ;;
	*) die "unknown architecture $1; by Debian's name one of alpha amd64 arm64 armel armhf hppa i386 loong64 m68k mips mipsel mips64el
  powerpc ppc64 ppc64el riscv64 s390x sh4 sparc64" ;;
	esac
}

# triplet_of ARCH: the prefix of its cross compiler.
triplet_of() {
	case $1 in
	amd64) echo x86_64-linux-gnu ;;
	arm64) echo aarch64-linux-gnu ;;
	armel) echo arm-linux-gnueabi ;;
	armhf) echo arm-linux-gnueabihf ;;
	i386) echo i686-linux-gnu ;;
	loong64) echo loongarch64-linux-gnu ;;
	mips64el) echo mips64el-linux-gnuabi64 ;;
	ppc64) echo powerpc64-linux-gnu ;;
	ppc64el) echo powerpc64le-linux-gnu ;;
	*) echo "$1-linux-gnu" ;;
	esac
}

# elf_static FILE: is it a program that needs no dynamic loader of its own (no PT_INTERP)? By od, since a bare
# machine has neither readelf nor file. Program headers past the first page are not looked for: no linker puts them there.
elf_static() {
	[ -f "$1" ] || return 1
	od -An -v -tu1 -N4096 "$1" | awk '
		function num(at, len,    i, v) {
			for (i = 0; i < len; i++) v = v * 256 + b[big ? at + i : at + len - 1 - i]
			return v
		}
		{ for (i = 1; i <= NF; i++) b[n++] = $i }
		END {
			if (b[0] != 127 || b[1] != 69 || b[2] != 76 || b[3] != 70) exit 1
			wide = b[4] == 2; big = b[5] == 2
			at = wide ? num(32, 8) : num(28, 4)
			size = num(wide ? 54 : 42, 2); count = num(wide ? 56 : 44, 2)
			for (i = 0; i < count; i++)
				if (at + i * size + 4 > n || num(at + i * size, 4) == 3) exit 1
			exit count == 0
		}'
}

# make_work: $work, a scratch folder that goes at exit, and with it $stage, the unfinished result in the cache.
make_work() {
	base=${TMPDIR:-/tmp}
	# As root, apt downloads as the user _apt, who could not get into a private $TMPDIR of root's.
	if is_root; then base=/tmp; fi
	stage=
	work=$(mktemp -d "$base/xunshare.XXXXXX")
	trap 'rm -rf "$work" ${stage:+"$stage"}' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	chmod 755 "$work"
}

make_cache() {
	mkdir -p "$1" 2>/dev/null || :
	[ -w "$1" ] || die "cannot write to $1; XUNSHARE_CACHE=FOLDER names another place"
}

# quiet COMMAND...: its output is shown only when it fails.
quiet() {
	"$@" >"$work/log" 2>&1 </dev/null && return
	cat "$work/log" >&2
	return 1
}

# apt_private ARCH: from here on apt_get and apt_cache are an apt of our own for ARCH. It has the machine's sources
# and keyrings, but its own lists and an empty dpkg status, so it works without root and the machine's apt is not
# touched. Hooks are left out (they clean or notify the machine's apt), and so are indexes other than packages.
apt_private() {
	mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
	: >"$work/apt/status"
	cat >"$work/apt.conf" <<-EOF
		#clear APT::Architectures;
		APT::Architecture "$1";
		APT::Architectures { "$1"; };
		Dir::State "$work/apt";
		Dir::State::status "$work/apt/status";
		Dir::Cache "$work/apt/cache";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear Acquire::IndexTargets::deb::DEP-11;
		#clear Acquire::IndexTargets::deb::CNF;
		#clear Acquire::IndexTargets::deb::Contents-deb;
		Acquire::Languages "none";
		Acquire::Retries "3";
	EOF
}
apt_get() { apt-get -qq -c "$work/apt.conf" "$@"; }
apt_cache() { apt-cache -c "$work/apt.conf" "$@"; }

# apt_fetch_lists: one failing source is no reason to stop, if what is wanted comes from another. A source that
# announces an architecture and has no list of it (Ubuntu, whose ports are elsewhere) answers 404 and leaves nothing.
apt_fetch_lists() {
	apt_get update >"$work/log" 2>&1 </dev/null || :
	for list in "$work"/apt/lists/*Release; do
		[ ! -e "$list" ] || return 0
	done
	if grep -q ' 404 ' "$work/log"; then return; fi
	cat "$work/log" >&2
	die "none of this machine's apt sources answered"
}

# apt_fetch DIR ARGUMENT...: apt-get download or source, into DIR, which _apt must be able to write to.
apt_fetch() {
	into=$1
	shift
	mkdir -p "$into"
	if is_root && id _apt >/dev/null 2>&1; then chown _apt "$into"; fi
	(cd "$into" && quiet apt_get "$@")
}

# ordinary_user: $uid and $gid of one, for root.
ordinary_user() {
	uid=${SUDO_UID:-0} gid=${SUDO_GID:-0}
	if [ "$uid" = 0 ]; then
		ids=$(getent passwd | awk -F: '$3 >= 1000 && $3 < 60000 { print $3, $4; exit }')
		uid=${ids% *} gid=${ids#* }
	fi
	uid=${uid:-1000} gid=${gid:-1000}
}

as_user() { setpriv --reuid="$uid" --regid="$gid" --clear-groups "$@"; }

# missing PACKAGE...: those not installed.
missing() {
	for package; do
		# shellcheck disable=SC2016
		case $(dpkg-query -W -f '${db:Status-Status} ' "$package" 2>/dev/null) in
		installed*) ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

# apt_update: the machine's own lists, at most once, also across the scripts that a script starts.
apt_update() {
	if [ -n "${XUNSHARE_APT_UPDATED-}" ]; then return; fi
	quiet apt-get -qq -o Acquire::Retries=3 update || say "going on with the package lists there are"
	export XUNSHARE_APT_UPDATED=1
}

# apt_install PACKAGE...: as root.
apt_install() {
	need=$(missing "$@")
	if [ -z "$need" ]; then return; fi
	apt_update
	say "installing ${need% }"
	# shellcheck disable=SC2086
	quiet env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
		-o DPkg::Lock::Timeout=60 -o Acquire::Retries=3 install $need
}

# find_source ARCH: $suite and $mirror, those of this machine's first apt source that has ARCH. A suite with a dash is one of
# updates. Where there is none (foreign architectures on Ubuntu) they are Debian's, as debootstrap knows them.
# shellcheck disable=SC2034
find_source() {
	suite=stable mirror=
	apt_private "$1"
	apt_fetch_lists
	# shellcheck disable=SC2016
	apt_get indextargets --format '$(RELEASE) $(SITE) $(FILENAME)' \
		"Created-By: Packages" "Component: main" "Architecture: $1" >"$work/targets"
	while read -r release site file; do
		case $release in *-*) continue ;; esac
		for list in "$file"*; do
			[ -e "$list" ] || continue
			suite=$release mirror=$site
			return
		done
	done <"$work/targets"
}

# use_suite ARCH SUITE: apt_private from the mirror of this machine's first source, whose keyring has the keys of all of
# Debian's suites.
use_suite() {
	find_source "$(dpkg --print-architecture)"
	rm -r "$work/apt/lists"
	apt_private "$1"
	printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$mirror" "$2" >"$work/sources.list"
	printf '%s\n' "Dir::Etc::SourceList \"$work/sources.list\";" 'Dir::Etc::SourceParts "/dev/null";' >>"$work/apt.conf"
}
