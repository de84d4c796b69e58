#include "textflag.h"

#define SYS_write 64
#define SYS_rt_sigreturn 139
#define SIZE_OF_HEARD 12

// func addresses() (handler, restorer uintptr)
TEXT ·addresses(SB),NOSPLIT,$0-16
	MOVD	$handler<>(SB), R0
	MOVD	R0, handler+0(FP)
	MOVD	$restorer<>(SB), R0
	MOVD	R0, restorer+8(FP)
	RET

// The kernel calls it: the signal is in R0, its siginfo_t in R1. A full pipe loses it.
TEXT handler<>(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVD	·ear+8(SB), R0
	MOVD	$SIZE_OF_HEARD, R2
	MOVD	$SYS_write, R8
	SVC
	RET

TEXT restorer<>(SB),NOSPLIT|NOFRAME|TOPFRAME,$0
	MOVD	$SYS_rt_sigreturn, R8
	SVC
	BRK
