# bash completion for xunshare(1). The options and the cases for their arguments are generated: see CONTRIBUTING.md.

__xunshare_arches()
{
	xunshare --list-arches 2>/dev/null | sed -n '2,$s/ .*//p'
}

__xunshare_signals()
{
	COMPREPLY=($(compgen -A signal -X 'SIGRTM@(IN|AX)' -- "SIG${cur#SIG}"))
	COMPREPLY=("${COMPREPLY[@]#SIG}")
}

_xunshare()
{
	local cur prev words cword split
	_init_completion -s -n : || return

	# "=" after an option that needs an argument, "[=]" where it may be left out.
	local options='
		-U --user[=] -m --mount[=] -p --pid[=] -u --uts[=] -i --ipc[=] -n --net[=] -C --cgroup[=]
		-T --time[=] --monotonic= --boottime= -f --fork --init --no-init --forward-signals --kill-child[=]
		-r --map-root-user -c --map-current-user --map= --map-user= --map-group= --map-users=
		--map-groups= --map-auto --map-subids --owner= --setgroups= -S= --setuid= -G= --setgid=
		--keep-caps --fake-ids --into= --config= -R= --root= -w= --wd= --mount-proc[=] --propagation=
		--bind= --ro-bind= --tmpfs= --dev --sys --resolv-conf= --bind-self[=] --read-only[=]
		--ephemeral[=] --arch= --emulator= --cpu= --emulator-env= --sysroot= --guest-setuid= --binfmt=
		--host-binfmt= --native[=] --native-root= --native-tree= --list-native -l= --load-interp=
		--load-binfmt= --mount-binfmt[=] --list-arches[=] --doctor[=] --print-rule= --suppress-sync
		--clear-env --whitelist-env= --setenv= --unsetenv= --hostname= --no-new-privs --json-status-fd=
		--verbose --dry-run -h --help -V --version
	'
	options=" ${options//[$'\t\n']/ } "

	# What is neither an option nor the argument of one is the program: it begins at COMP_WORDS[at]. The words in line are
	# as xunshare sees them; those in COMP_WORDS are broken at = and : besides.
	local line last word option='' rest='' i at=1
	_get_comp_words_by_ref -n =: -w line -i last
	for ((i = 1; i < last; i++)); do
		word=${line[i]}
		if [[ $option ]]; then
			option=
		elif [[ $rest || $word != -?* ]]; then
			break
		elif [[ $word == -- ]]; then
			rest=yes
		elif [[ $word == --* ]]; then
			[[ $options == *" $word= "* ]] && option=$word
		else
			word=${word:1}
			while [[ $word && $options != *" -${word:0:1}= "* ]]; do
				word=${word:1}
			done
			((${#word} == 1)) && option=-$word
		fi
		word=${line[i]}
		while [[ $word ]]; do
			[[ $word == "${COMP_WORDS[at]}"* ]] || return
			word=${word#"${COMP_WORDS[at++]}"}
		done
	done
	if [[ ! $option && ($i -lt $last || $rest || ${line[last]} != -*) ]]; then
		_command_offset $at
		return
	fi
	[[ $split == true ]] && option=$prev

	case $option in
		--user | --mount | --pid | --uts | --ipc | --net | --cgroup | --time | --config | --bind | --ro-bind | --bind-self | --emulator) _filedir ;;
		--kill-child) __xunshare_signals ;;
		--map) COMPREPLY=($(compgen -W 'auto root current subids' -- "$cur")) ;;
		--map-user) COMPREPLY=($(compgen -u -- "$cur")) ;;
		--map-group) COMPREPLY=($(compgen -g -- "$cur")) ;;
		--map-users | --map-groups) COMPREPLY=($(compgen -W 'auto subids all' -- "$cur")) ;;
		--setgroups) COMPREPLY=($(compgen -W 'allow deny' -- "$cur")) ;;
		--into | -R | --root | -w | --wd | --mount-proc | --tmpfs | --ephemeral | --sysroot | --native-root | --native-tree | --mount-binfmt) _filedir -d ;;
		--propagation) COMPREPLY=($(compgen -W 'private slave shared unchanged' -- "$cur")) ;;
		--resolv-conf) COMPREPLY=($(compgen -W 'auto off' -- "$cur")) ;;
		--read-only | --guest-setuid) COMPREPLY=($(compgen -W 'yes no' -- "$cur")) ;;
		--arch) COMPREPLY=($(compgen -P "${cur%"${cur##*,}"}" -W "auto all none $(__xunshare_arches)" -- "${cur##*,}")) ;;
		--binfmt) COMPREPLY=($(compgen -W 'kernel trace auto' -- "$cur")) ;;
		--host-binfmt) COMPREPLY=($(compgen -W 'keep hide' -- "$cur")) ;;
		--native) COMPREPLY=($(compgen -W '@build @cc @clang @deb @go' -- "$cur")) ;;
		--list-arches) COMPREPLY=($(compgen -W 'table json' -- "$cur")) ;;
		--doctor) COMPREPLY=($(compgen -W 'text json' -- "$cur")) ;;
		--print-rule) COMPREPLY=($(compgen -P "${cur%"${cur##*,}"}" -W "$(__xunshare_arches)" -- "${cur##*,}")) ;;
		--whitelist-env) COMPREPLY=($(compgen -e -P "${cur%"${cur##*,}"}" -- "${cur##*,}")) ;;
		--unsetenv) COMPREPLY=($(compgen -e -- "$cur")) ;;
		--hostname) COMPREPLY=($(compgen -A hostname -- "$cur")) ;;
		?*) ;;
		*)
			if [[ $cur == -* ]]; then
				COMPREPLY=($(compgen -W "${options//\[=]/}" -X '!--*' -- "$cur"))
				[[ ${COMPREPLY-} == *= ]] && compopt -o nospace
			fi
			;;
	esac
} &&
	complete -F _xunshare xunshare
