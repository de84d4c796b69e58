package caller

const (
	sysWrite     = 1
	sysKill      = 62
	sysPrctl     = 157
	sysExitGroup = 231
	sysNanosleep = 35
)
