# shellcheck shell=sh disable=SC2154
# What the scripts share that make a Debian system of packages which are unpacked and not configured. That takes seconds where
# a second stage takes minutes: nothing of the architecture is executed. What installing the packages would have made, and is
# needed, is made by hand. They source it after lib.sh. Started by root it goes on as an ordinary user, whose the tree is then.

# fetch_packages WHAT: $packages and $more, of $release or of this machine's suite, for $arch.
fetch_packages() {
	if [ -n "$release" ]; then
		use_suite "$arch" "$release"
		apt_fetch_lists
	else
		find_source "$arch"
	fi
	archives=$work/apt/cache/archives
	mkdir -p "$archives/partial"
	if is_root && id _apt >/dev/null 2>&1; then chown -R _apt "$archives"; fi
	say "fetching a Debian system with $1 for $arch (${release:-$suite})"
	# shellcheck disable=SC2086
	quiet apt_get -y -d --no-install-recommends -o Debug::NoLocking=1 -o Dir::Cache::archives="$archives" install $packages $more ||
		die "cannot fetch the packages for $arch"
}

# unpack TREE
unpack() {
	mkdir -p "$1/usr" "$1/etc" "$1/root" "$1/tmp"
	for dir in bin sbin lib lib64; do
		mkdir -p "$1/usr/$dir"
		ln -s "usr/$dir" "$1/$dir"
	done
	for deb in "$work"/apt/cache/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$1" --keep-directory-symlink --no-same-owner --exclude=./dev/*
	done
	ln -sf dash "$1/usr/bin/sh"
	for link in awk:mawk cc:gcc c++:g++; do
		if [ -e "$1/usr/bin/${link#*:}" ]; then ln -sf "${link#*:}" "$1/usr/bin/${link%:*}"; fi
	done
	printf 'root:x:0:0:root:/root:/bin/bash\n' >"$1/etc/passwd"
	printf 'root:x:0:\n' >"$1/etc/group"
}

# make_tree WHAT TREE: never seen half-written.
make_tree() {
	have apt-get || die "no apt here: the system can be made on Debian and its kin only"
	make_work
	make_cache "${2%/*}"
	fetch_packages "$1"
	stage=${2%/*}/.${2##*/}.$$
	rm -rf "$stage"
	mkdir "$stage"
	unpack "$stage"
	if is_root; then
		ordinary_user
		chown -R -h "$uid:$gid" "$stage"
	fi
	# Somebody else may have finished first.
	mv -T "$stage" "$2" 2>/dev/null || [ -d "$2" ]
}
