#include "textflag.h"

#define SYS_clone 220

// func vfork(flags uintptr) (result int)
//
// The return address is in the link register already, of which the kernel gives parent and child
// each their own copy (compare vfork_amd64.s).
TEXT ·vfork(SB),NOSPLIT|NOFRAME,$0-16
	MOVD	flags+0(FP), R0
	MOVD	ZR, R1
	MOVD	ZR, R2
	MOVD	ZR, R3
	MOVD	ZR, R4
	MOVD	$SYS_clone, R8
	SVC
	MOVD	R0, result+8(FP)
	RET
