//go:build amd64 || arm64

package caller

//lint:file-ignore U1000 the entry is in assembly

// Where the runtime cannot start it prints its stack or is killed, before main could say a word.
// The entry asks first, and says what is wrong: it reads these, and nothing else here does. What is
// enough here and turns out not to be later is for fatal.go.
var (
	space = [2]uint64{unread, unread} // RLIMIT_AS: the runtime reserves 690 MB, not all of which it uses
	data  = [2]uint64{unread, unread} // RLIMIT_DATA: and 40 MB of it may be written to
	stack = [2]uint64{unread, unread} // RLIMIT_STACK: the runtime takes 64 KB for granted (_rt0_amd64_linux, g0)
	null  = [...]byte{'/', 'd', 'e', 'v', '/', 'n', 'u', 'l', 'l', 0}

	littleSpace = "xunshare: less than 768 MB of address space is allowed (RLIMIT_AS), too little to start\n" +
		"xunshare: hint: raise the limit: ulimit -v 1000000; to limit only the program: xunshare ... prlimit --as=N PROGRAM\n"
	littleData = "xunshare: less than 64 MB of data is allowed (RLIMIT_DATA), too little to start\n" +
		"xunshare: hint: raise the limit: ulimit -d 1000000; to limit only the program: xunshare ... prlimit --data=N PROGRAM\n"
	littleStack = "xunshare: less than 64 KB of stack is allowed (RLIMIT_STACK), too little to start\n" +
		"xunshare: hint: raise the limit: ulimit -s 8192; to limit only the program: xunshare ... prlimit --stack=N PROGRAM\n"
	fewFiles = "xunshare: less than 10 open files are allowed (RLIMIT_NOFILE), too few to start\n" +
		"xunshare: hint: raise the limit: ulimit -n 256\n"
	noNull = "xunshare: standard input, output or error is closed, and there is no /dev/null to open in its place\n" +
		"xunshare: hint: redirect each of the three from or to a file, or make the device: mknod -m 666 /dev/null c 1 3\n"
)
