#!/bin/sh
# Prints what a program can see of how it was started. All that the shell can do itself comes first: with --pid and without
# --fork it has one fork, and all other programs run inside that one.
printf 'argv'; printf ' |%s' "$0" "$@"; echo
printf 'cwd '; pwd -P
printf 'umask '; umask
printf 'files '; ulimit -Sn
printf 'most-files '; ulimit -Hn
echo "pid $$"
echo "ppid $PPID"
show() { while read -r line; do printf '%s %s\n' "$1" "$line"; done; }
for file in uid_map gid_map setgroups timens_offsets cgroup status stat mountinfo; do
	if [ -r /proc/self/$file ]; then show $file </proc/self/$file; fi
done
(
	echo "user $(id -u) $(id -ru)"
	echo "group $(id -g) $(id -rg)"
	echo "groups $(id -G)"
	echo "nice $(nice)"
	stat -c 'place %n %d:%i' / .
	stat -c 'link %N' /proc/self/ns/* /proc/self/fd/* 2>&-
	env | while read -r line; do printf 'env %s\n' "$line"; done
)
