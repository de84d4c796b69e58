#include "textflag.h"
#include "entry.h"

// xunshare_entry is where the program begins: with the stack as execve(2) leaves it and no runtime
// yet. It asks for what the runtime changes, sets two things that caller.init sets back (files.go,
// slack.go), and goes on to the runtime's own entry with a vector in front of the stack
// (environ.go). It decides nothing about the launch.
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

	// What the runtime would end with its stack trace for.
	MOVL	$302, AX // prlimit64(0, RLIMIT_AS, NULL, &space)
	XORL	DI, DI
	MOVL	$9, SI
	XORL	DX, DX
	LEAQ	·space(SB), R10
	SYSCALL
	MOVL	$302, AX // prlimit64(0, RLIMIT_DATA, NULL, &data)
	XORL	DI, DI
	MOVL	$2, SI
	XORL	DX, DX
	LEAQ	·data(SB), R10
	SYSCALL
	MOVL	$302, AX // prlimit64(0, RLIMIT_STACK, NULL, &stack)
	XORL	DI, DI
	MOVL	$3, SI
	XORL	DX, DX
	LEAQ	·stack(SB), R10
	SYSCALL
	LEAQ	·littleStack(SB), R12
	MOVQ	·stack(SB), AX
	CMPQ	AX, $0x10000
	JCS	refuse
	LEAQ	·littleSpace(SB), R12
	MOVQ	·space(SB), AX
	CMPQ	AX, $0x30000000
	JCS	refuse
	LEAQ	·littleData(SB), R12
	MOVQ	·data(SB), AX
	CMPQ	AX, $0x4000000
	JCS	refuse
	LEAQ	·fewFiles(SB), R12
	MOVQ	·limit+8(SB), AX // hard: the runtime raises the soft one
	CMPQ	AX, $10
	JCS	refuse

	MOVQ	·flags+0(SB), AX
	ORQ	·flags+8(SB), AX
	ORQ	·flags+16(SB), AX
	TESTQ	AX, AX
	JMI	closed
	MOVQ	·limit+8(SB), AX
	MOVQ	AX, ·noFiles+8(SB)
	MOVL	$302, AX // prlimit64(0, RLIMIT_NOFILE, &noFiles, NULL)
	XORL	DI, DI
	MOVL	$7, SI
	LEAQ	·noFiles(SB), DX
	XORL	R10, R10
	SYSCALL
	JMP	start
closed:
	MOVL	$257, AX // openat(AT_FDCWD, "/dev/null", O_RDWR)
	MOVQ	$-100, DI
	LEAQ	·null(SB), SI
	MOVL	$2, DX
	XORL	R10, R10
	SYSCALL
	LEAQ	·noNull(SB), R12
	TESTQ	AX, AX
	JMI	refuse
	MOVQ	AX, DI
	MOVL	$3, AX // close
	SYSCALL
start:
	MOVL	$157, AX // prctl(PR_GET_TIMERSLACK)
	MOVL	$30, DI
	SYSCALL
	TESTQ	AX, AX
	JLE	quiet
	MOVQ	AX, ·slack(SB)
	MOVL	$157, AX // prctl(PR_SET_TIMERSLACK, 5 ms)
	MOVL	$29, DI
	MOVL	$5000000, SI
	SYSCALL
quiet:
	MOVQ	·sayLess(SB), AX
	MOVQ	AX, runtime·overrideWrite(SB)
	MOVQ	·profileRate(SB), AX
	MOVQ	$0, (AX)

	MOVQ	SP, SI
	MOVQ	SI, ·vector(SB)
	MOVQ	(SI), CX
	ADDQ	$2, CX // the count of arguments, they, and the null behind them: so many words
	LEAQ	(SI)(CX*8), R13
	MOVQ	R13, R14 // behind the environment
environment:
	ADDQ	$8, R14
	CMPQ	-8(R14), $0
	JNE	environment
	MOVQ	R14, R15 // behind the auxiliary vector
auxiliary:
	ADDQ	$16, R15
	CMPQ	-16(R15), $0
	JNE	auxiliary
	MOVQ	R15, AX
	SUBQ	SI, AX
	CMPQ	AX, $LARGE
	JHI	go
	LEAQ	-16(SI), DI
	SUBQ	AX, DI
	ANDQ	$~15, DI
	MOVQ	DI, SP
	REP; MOVSQ
	LEAQ	·oneProcessor(SB), AX
	STOSQ
variable:
	LODSQ
	TESTQ	AX, AX
	JZ	last
	CMPW	(AX), $GO
	JEQ	keep
	CMPL	(AX), $PWD
	JNE	variable
keep:
	STOSQ
	JMP	variable
last:
	STOSQ
	MOVQ	R15, CX
	SUBQ	SI, CX
	SHRQ	$3, CX
	REP; MOVSQ
go:
	JMP	_rt0_amd64_linux(SB)

refuse:
	MOVL	$1, AX // write(2, sentence, its length)
	MOVL	$2, DI
	MOVQ	(R12), SI
	MOVQ	8(R12), DX
	SYSCALL
	MOVL	$231, AX // exit_group(1)
	MOVL	$1, DI
	SYSCALL
	INT	$3

// func grow()
TEXT ·grow(SB),0,$40960-0
	RET
