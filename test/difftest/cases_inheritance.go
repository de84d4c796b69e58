package difftest

// inheritance are cases of what the program gets from the caller, with each of these: in place, as
// a child because it is asked for, because it has to be, and both.
var inheritance = times([]string{"", "-f", "-r", "-c -pf"}, []Case{
	{Before: "umask 027"},
	{Before: "umask 777"},
	{Before: "ulimit -Sn 77"},
	{Before: "ulimit -n 300"},
	{Before: "ulimit -s 1234 -c 0", Program: "cat /proc/self/limits"},
	{Before: "trap '' HUP"},
	{Before: "trap '' INT"},
	{Before: "trap '' TERM"},
	{Before: "trap '' QUIT PIPE USR1 CHLD TSTP URG PROF 40"},
	{Block: 1},
	{Block: 2},
	{Block: 12},
	{Block: 15},
	{Block: 17},
	{Block: 23},
	{Block: 27},
	{Before: "exec 7</etc/passwd 9</"},
	{Before: "exec 3</etc/passwd 4</etc/group 5</ 6</usr"},
	{Before: "exec 0<&-"},
	{Before: "exec 2>&-"},
	{Before: "exec 0<&- 2>&-"},
	{Before: "cd /usr/lib"},
	{Before: "unset dir tree LC_ALL WORDS HOME"},
	{Before: "export A= B='two  words'"},
	{Program: "id"},
	{Program: "sh -c 'read -r line; echo $line'", Stdin: "hello there\n"},
	{Program: "sh -c 'cat /proc/self/oom_score_adj /proc/self/timerslack_ns /proc/self/personality /proc/self/coredump_filter'"},
	{Program: "taskset -p 0 | cut -d: -f2", Before: "taskset -p 1 $$ >/dev/null"},
	{Program: "chrt -p 0", Before: "chrt -b -p 0 $$"},
	{Before: `exec nice -n 5 setpriv --no-new-privs "$0" -r "$probe"`},
})

// times combines options with cases.
func times(options []string, cases []Case) (all []Case) {
	for _, o := range options {
		for _, c := range cases {
			c.Args = o
			all = append(all, c)
		}
	}
	return all
}

// environments are cases of options that are of later versions.
var environments = []Case{
	{Args: "--clear-env", Since: "2.43", Lacks: "--clear-env"},
	{Args: "-r --clear-env", Since: "2.43", Lacks: "--clear-env"},
	{Args: "-r --clear-env", Program: NoProgram, Stdin: "echo $0", Since: "2.43", Lacks: "--clear-env"},
	{Args: "--whitelist-env HOME,WORDS", Since: "2.43", Lacks: "--whitelist-env"},
	{Args: "--whitelist-env HOME --whitelist-env nosuch", Since: "2.43", Lacks: "--whitelist-env"},
	{Args: "--whitelist-env ''", Since: "2.43", Lacks: "--whitelist-env", Differs: "an empty list is refused", Want: refused("1")},
	{Args: "--whitelist-env HOME --clear-env", Since: "2.43", Lacks: "--whitelist-env"},
	{Args: "--forward-signals", Since: "2.42", Lacks: "--forward-signals"},
	{Args: "-r --forw", Since: "2.42", Lacks: "--forward-signals"},
}
