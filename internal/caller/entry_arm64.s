#include "textflag.h"

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

	B	_rt0_arm64_linux(SB)
