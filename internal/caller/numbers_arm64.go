package caller

const (
	sysWrite     = 64
	sysKill      = 129
	sysPrctl     = 167
	sysExitGroup = 94
	sysNanosleep = 101
)
