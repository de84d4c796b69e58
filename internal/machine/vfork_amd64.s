#include "textflag.h"

#define SYS_clone 56

// func vfork(flags uintptr) (result int)
//
// The child returns first, on the stack that both share, and its next call overwrites the slot that
// holds the return address of this one. So the address waits for the parent in a register, which
// the kernel gives each its own copy of.
TEXT ·vfork(SB),NOSPLIT|NOFRAME,$0-16
	MOVQ	flags+0(FP), DI
	XORL	SI, SI
	XORL	DX, DX
	XORL	R10, R10
	XORL	R8, R8
	MOVL	$SYS_clone, AX
	POPQ	R12
	SYSCALL
	PUSHQ	R12
	MOVQ	AX, result+8(FP)
	RET
