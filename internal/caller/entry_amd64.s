#include "textflag.h"

// xunshare_entry is where the program begins: with the stack as execve(2) leaves it and no runtime yet. It makes a few
// system calls that only ask, and goes on to the runtime's own entry with the stack untouched.
TEXT xunshare_entry(SB),NOSPLIT|NOFRAME,$0
	MOVQ	$1, ·entered(SB)

	MOVL	$302, AX // prlimit64(0, RLIMIT_NOFILE, NULL, &limit)
	XORL	DI, DI
	MOVL	$7, SI
	XORL	DX, DX
	LEAQ	·limit(SB), R10
	SYSCALL

	MOVL	$14, AX // rt_sigprocmask(SIG_BLOCK, NULL, &mask, 8)
	XORL	DI, DI
	XORL	SI, SI
	LEAQ	·mask(SB), DX
	MOVL	$8, R10
	SYSCALL

	MOVL	$64, R12
	LEAQ	·actions+64*32(SB), R13
signal:
	MOVL	$13, AX // rt_sigaction(R12, NULL, &actions[R12], 8)
	MOVQ	R12, DI
	XORL	SI, SI
	MOVQ	R13, DX
	MOVL	$8, R10
	SYSCALL
	SUBQ	$32, R13
	DECQ	R12
	JNZ	signal

	LEAQ	·flags(SB), R13
descriptor:
	MOVL	$72, AX // fcntl(R12, F_GETFD)
	MOVQ	R12, DI
	MOVL	$1, SI
	SYSCALL
	MOVQ	AX, (R13)(R12*8)
	INCQ	R12
	CMPQ	R12, $3
	JNE	descriptor

	JMP	_rt0_amd64_linux(SB)
