# shellcheck shell=sh disable=SC2154
# What the scripts that build from Debian's source packages share. They source it after lib.sh.

# needed ARCH: the host's compiler builds busybox's configuration tools.
needed() {
	echo "gcc libc6-dev make bzip2 xz-utils patch"
	if [ "$1" = "$(dpkg --print-architecture)" ]; then return; fi
	libc=libc6
	if [ "$1" = alpha ]; then libc=libc6.1; fi
	echo "gcc-$(triplet_of "$1" | tr _ -) $libc-dev-$1-cross"
}

# get_tools PROGRAM: what builds it for $arch.
get_tools() {
	# shellcheck disable=SC2046
	if is_root; then
		apt_install $(needed "$arch") || die "cannot install what builds $1 for $arch"
		return
	fi
	# shellcheck disable=SC2046
	need=$(missing $(needed "$arch"))
	[ -z "$need" ] || die "$1 for $arch has to be built, and that needs: sudo apt-get install ${need% }"
}

# source_lists: the machine's sources as sources of source packages, with those of $components that they have.
source_lists() {
	mkdir "$work/sources"
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		if [ -f "$file" ]; then one_line "$file"; fi
	done >"$work/sources/all.list"
	for file in /etc/apt/sources.list.d/*.sources; do
		if [ -f "$file" ]; then stanzas "$file"; fi
	done >"$work/sources/all.sources"
	cat >>"$work/apt.conf" <<-EOF
		Dir::Etc::sourcelist "/dev/null";
		Dir::Etc::sourceparts "$work/sources";
	EOF
}

# one_line FILE: deb [options] URI suite component...
one_line() {
	awk -v components=" $components " '$1 == "deb" {
		sub(/#.*/, "")
		sub(/^[ \t]*deb[ \t]+/, "")
		options = ""
		if (match($0, /^\[[^]]*\]/)) {
			options = substr($0, 1, RLENGTH)
			$0 = substr($0, RLENGTH + 1)
			gsub(/arch[+-]?=[^] \t]*/, "", options)
			if (options ~ /^\[[ \t]*\]$/) options = ""
		}
		wanted = ""
		for (i = 3; i <= NF; i++) if (index(components, " " $i " ")) wanted = wanted " " $i
		if (wanted) print "deb-src", options, $1, $2 wanted
	}' "$1"
}

# stanzas FILE: fields, one a line, a line that starts with a blank continues the field before.
stanzas() {
	awk -v components="$components" 'BEGIN { RS = ""; FS = "\n"; count = split(components, component, " ") }
	{
		stanza = ""; field = ""; off = 0; deb = 0; wanted = ""
		for (i = 1; i <= NF; i++) {
			if ($i ~ /^#/) continue
			if ($i ~ /^[^ \t:]+:/) { field = tolower($i); sub(/:.*/, "", field) }
			words = " " tolower($i) " "; gsub(/[:\t]/, " ", words)
			if (field == "types") { if (words ~ / deb /) deb = 1 }
			else if (field == "components") {
				for (j = 1; j <= count; j++)
					if (index(words, " " component[j] " ")) wanted = wanted " " component[j]
			}
			else if (field == "enabled") { if (words ~ / (no|false|without|off|disable) /) off = 1 }
			else if (field != "architectures") stanza = stanza $i "\n"
		}
		if (deb && wanted && !off) print "Types: deb-src\nComponents:" wanted "\n" stanza
	}' "$1"
}

# get_source PACKAGE COMPONENT...: into $work/PACKAGE. The components are those that Debian or Ubuntu have it in.
get_source() {
	package=$1
	shift
	components=$*
	apt_private "$(dpkg --print-architecture)"
	source_lists
	apt_fetch_lists
	say "fetching the source of $package"
	apt_fetch "$work/source" source --download-only "$package" || die "cannot download the source of $package"
	rm -f "$work"/source/*.asc
	mkdir "$work/$package"
	tar -x -f "$(echo "$work"/source/*.orig.tar.*z*)" -C "$work/$package" --strip-components=1
	tar -x -f "$(echo "$work"/source/*.debian.tar.*z*)" -C "$work/$package"
}

# apply_patches: Debian's, for the security fixes among them.
apply_patches() {
	if [ ! -e debian/patches/series ]; then return; fi
	while read -r file _; do
		case $file in '' | '#'*) continue ;; esac
		quiet patch -f -p1 -i "debian/patches/$file" || die "cannot apply Debian's patch $file"
	done <debian/patches/series
}

# forget_variables: left by a make that started the script, or set for another program, they would change what make does.
forget_variables() {
	unset ARCH MAKEFLAGS MFLAGS MAKELEVEL CC CFLAGS CPPFLAGS LDFLAGS LIBCC CROSS_COMPILE
}
