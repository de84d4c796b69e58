#include "textflag.h"
#include "entry.h"

// xunshare_entry: see entry_amd64.s.
TEXT xunshare_entry(SB),NOSPLIT|NOFRAME,$0
	MOVD	$1, R9
	MOVD	$·entered(SB), R10
	MOVD	R9, (R10)

	MOVD	$261, R8 // prlimit64(0, RLIMIT_NOFILE, NULL, &limit)
	MOVD	ZR, R0
	MOVD	$7, R1
	MOVD	ZR, R2
	MOVD	$·limit(SB), R3
	SVC

	MOVD	$135, R8 // rt_sigprocmask(SIG_BLOCK, NULL, &mask, 8)
	MOVD	ZR, R0
	MOVD	ZR, R1
	MOVD	$·mask(SB), R2
	MOVD	$8, R3
	SVC

	MOVD	$64, R19
	MOVD	$·actions+64*32(SB), R20
signal:
	MOVD	$134, R8 // rt_sigaction(R19, NULL, &actions[R19], 8)
	MOVD	R19, R0
	MOVD	ZR, R1
	MOVD	R20, R2
	MOVD	$8, R3
	SVC
	SUB	$32, R20
	SUB	$1, R19
	CBNZ	R19, signal

	MOVD	$·flags(SB), R20
descriptor:
	MOVD	$25, R8 // fcntl(R19, F_GETFD)
	MOVD	R19, R0
	MOVD	$1, R1
	SVC
	MOVD	R0, (R20)
	ADD	$8, R20
	ADD	$1, R19
	CMP	$3, R19
	BNE	descriptor

	MOVD	$261, R8 // prlimit64(0, RLIMIT_AS, NULL, &space)
	MOVD	ZR, R0
	MOVD	$9, R1
	MOVD	ZR, R2
	MOVD	$·space(SB), R3
	SVC
	MOVD	$261, R8 // prlimit64(0, RLIMIT_DATA, NULL, &data)
	MOVD	ZR, R0
	MOVD	$2, R1
	MOVD	ZR, R2
	MOVD	$·data(SB), R3
	SVC
	MOVD	$261, R8 // prlimit64(0, RLIMIT_STACK, NULL, &stack)
	MOVD	ZR, R0
	MOVD	$3, R1
	MOVD	ZR, R2
	MOVD	$·stack(SB), R3
	SVC
	MOVD	$·littleStack(SB), R20
	MOVD	·stack(SB), R0
	MOVD	$0x10000, R1
	CMP	R1, R0
	BLO	refuse
	MOVD	$·littleSpace(SB), R20
	MOVD	·space(SB), R0
	MOVD	$0x30000000, R1
	CMP	R1, R0
	BLO	refuse
	MOVD	$·littleData(SB), R20
	MOVD	·data(SB), R0
	MOVD	$0x4000000, R1
	CMP	R1, R0
	BLO	refuse
	MOVD	$·fewFiles(SB), R20
	MOVD	·limit+8(SB), R0 // hard: the runtime raises the soft one
	CMP	$10, R0
	BLO	refuse

	MOVD	·flags+0(SB), R0
	MOVD	·flags+8(SB), R1
	ORR	R1, R0
	MOVD	·flags+16(SB), R1
	ORR	R1, R0
	TBNZ	$63, R0, closed
	MOVD	·limit+8(SB), R0
	MOVD	$·noFiles(SB), R2
	MOVD	R0, 8(R2)
	MOVD	$261, R8 // prlimit64(0, RLIMIT_NOFILE, &noFiles, NULL)
	MOVD	ZR, R0
	MOVD	$7, R1
	MOVD	ZR, R3
	SVC
	B	start
closed:
	MOVD	$56, R8 // openat(AT_FDCWD, "/dev/null", O_RDWR)
	MOVD	$-100, R0
	MOVD	$·null(SB), R1
	MOVD	$2, R2
	MOVD	ZR, R3
	SVC
	MOVD	$·noNull(SB), R20
	TBNZ	$63, R0, refuse
	MOVD	$57, R8 // close
	SVC
start:
	MOVD	$167, R8 // prctl(PR_GET_TIMERSLACK)
	MOVD	$30, R0
	SVC
	CMP	$0, R0
	BLE	quiet
	MOVD	$·slack(SB), R1
	MOVD	R0, (R1)
	MOVD	$167, R8 // prctl(PR_SET_TIMERSLACK, 5 ms)
	MOVD	$29, R0
	MOVD	$5000000, R1
	SVC
quiet:
	MOVD	·sayLess(SB), R0
	MOVD	$runtime·overrideWrite(SB), R1
	MOVD	R0, (R1)
	MOVD	·profileRate(SB), R1
	MOVD	ZR, (R1)

	MOVD	RSP, R0
	MOVD	$·vector(SB), R1
	MOVD	R0, (R1)
	MOVD	(R0), R1
	ADD	$2, R1
	ADD	R1<<3, R0, R2
	MOVD	R2, R3 // behind the environment
environment:
	MOVD.P	8(R3), R1
	CBNZ	R1, environment
	MOVD	R3, R4 // behind the auxiliary vector
auxiliary:
	MOVD.P	16(R4), R1
	CBNZ	R1, auxiliary
	SUB	R0, R4, R5
	CMP	$LARGE, R5
	BHI	go
	SUB	R5, R0, R6
	SUB	$16, R6
	AND	$~15, R6
	MOVD	R6, RSP
argument:
	MOVD.P	8(R0), R1
	MOVD.P	R1, 8(R6)
	CMP	R2, R0
	BNE	argument
	MOVD	$·oneProcessor(SB), R1
	MOVD.P	R1, 8(R6)
	MOVD	$GO, R7
	MOVD	$PWD, R8
variable:
	MOVD.P	8(R0), R1
	CBZ	R1, last
	MOVHU	(R1), R2
	CMP	R7, R2
	BEQ	keep
	MOVWU	(R1), R2
	CMP	R8, R2
	BNE	variable
keep:
	MOVD.P	R1, 8(R6)
	B	variable
last:
	MOVD.P	R1, 8(R6)
word:
	MOVD.P	8(R0), R1
	MOVD.P	R1, 8(R6)
	CMP	R4, R0
	BNE	word
go:
	B	_rt0_arm64_linux(SB)

refuse:
	MOVD	$64, R8 // write(2, sentence, its length)
	MOVD	$2, R0
	MOVD	(R20), R1
	MOVD	8(R20), R2
	SVC
	MOVD	$94, R8 // exit_group(1)
	MOVD	$1, R0
	SVC
	BRK

// func grow()
TEXT ·grow(SB),0,$40960-0
	RET
