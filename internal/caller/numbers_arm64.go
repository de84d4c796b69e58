package caller

const (
	sysWrite     = 64
	sysKill      = 129
	sysExitGroup = 94
	sysNanosleep = 101
)
