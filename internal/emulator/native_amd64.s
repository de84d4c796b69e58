#include "textflag.h"

// native is where a copy of an emulator begins that knows programs of this machine, see native.go.
// Like insert, after which it goes on, it is run there and position-independent. RDX is 0, as the
// kernel has it (ELF_PLAT_INIT in arch/x86/include/asm/elf.h).
//
//	R8 its own address, R9 a record, R10 the stack, R11 argv, R12 the environment, R13 what was
//	seen in that, R14 AT_EXECFD, R15 AT_FLAGS, BX what was read of the program
TEXT ·native(SB),NOSPLIT|NOFRAME,$0
	LEAQ	·native(SB), R8
	MOVQ	SP, R10
	LEAQ	8(R10), R11
	MOVQ	(R10), AX
	LEAQ	16(R10)(AX*8), R12
	MOVL	$1580, R13 // HostTypeUnset, MakeHostUnset, Links, GoArchUnset, TargetUnset
	MOVQ	R12, BX

variable:
	MOVQ	(BX), SI
	ADDQ	$8, BX
	TESTQ	SI, SI
	JEQ	auxiliary
	MOVL	(SI), AX // a string is not the last thing on a stack
	CMPL	AX, $0x474e414c // LANG
	JEQ	language
	CMPL	AX, $0x54534f48 // HOST
	JEQ	host
	CMPL	AX, $0x454b414d // MAKE
	JEQ	make
	CMPL	AX, $0x52414f47 // GOAR
	JEQ	goarch
	CMPL	AX, $0x5f434343 // CCC_
	JEQ	options
	ANDL	$0xffffff, AX
	CMPL	AX, $0x5f434c // LC_
	JEQ	locale
	CMPL	AX, $0x5f444c // LD_
	JNE	variable
	MOVBLZX	3(SI), AX
	CMPL	AX, $0x4c // LD_LIBRARY_PATH
	JEQ	libraries
	CMPL	AX, $0x50 // LD_PRELOAD, LD_PROFILE
	JEQ	emulate
	CMPL	AX, $0x41 // LD_AUDIT
	JEQ	emulate
	JMP	variable
libraries:
	ORL	$1, R13 // LibraryPathSet
	JMP	variable
host:
	CMPL	4(SI), $0x45505954 // TYPE
	JNE	variable
	CMPB	8(SI), $0x3d
	JNE	variable
	ANDL	$~4, R13
	JMP	variable
make:
	CMPL	4(SI), $0x534f485f // _HOS
	JNE	variable
	CMPW	8(SI), $0x3d54 // T=
	JNE	variable
	ANDL	$~8, R13
	JMP	variable
goarch:
	MOVL	4(SI), AX
	CMPL	AX, $0x1000000
	JCS	variable // it is empty
	ANDL	$0xffffff, AX
	CMPL	AX, $0x3d4843 // CH=
	JNE	variable
	ANDL	$~512, R13
	JMP	variable
options:
	MOVQ	$0x5245564f5f434343, AX // CCC_OVER
	CMPQ	AX, (SI)
	JNE	variable
	MOVQ	$0x54504f5f45444952, AX // RIDE_OPT
	CMPQ	AX, 8(SI)
	JNE	variable
	MOVQ	$0x2d5e233d534e4f49, AX // IONS=#^-
	CMPQ	AX, 16(SI)
	JNE	variable
	MOVQ	$0x3d7465677261742d, AX // -target=
	CMPQ	AX, 24(SI)
	JNE	variable
	ANDL	$~1024, R13
	JMP	variable
language:
	ADDQ	$4, SI
	CMPB	(SI), $0x3d
	JEQ	value
	JMP	variable
locale:
	INCQ	SI
	MOVBLZX	(SI), AX
	TESTL	AX, AX
	JEQ	variable
	CMPL	AX, $0x3d
	JNE	locale
value:
	MOVBLZX	1(SI), AX // C, C.UTF-8, POSIX or nothing
	TESTL	AX, AX
	JEQ	variable
	CMPL	AX, $0x43
	JEQ	variable
	CMPL	AX, $0x50
	JEQ	variable
	ORL	$2, R13 // LocaleSet
	JMP	variable

auxiliary:
	MOVL	$-1, R14
	XORL	R15, R15
entry:
	MOVQ	(BX), AX
	MOVQ	8(BX), CX
	ADDQ	$16, BX
	CMPQ	AX, $0
	JEQ	read
	CMPQ	AX, $2
	JEQ	descriptor
	CMPQ	AX, $8
	JEQ	flags
	CMPQ	AX, $23
	JNE	entry
	TESTQ	CX, CX
	JEQ	entry
	JMP	emulate // AT_SECURE
descriptor:
	MOVL	CX, R14
	JMP	entry
flags:
	MOVQ	CX, R15
	JMP	entry

read:
	TESTL	R14, R14
	JLT	emulate
	LEAQ	-4352(R10), BX
	MOVL	R14, DI
	MOVQ	BX, SI
	MOVL	$4096, DX
	MOVQ	R10, CX // R10 and R11 are the kernel's, or changed by it
	XORL	R10, R10
	MOVQ	R11, R9
	MOVQ	CX, SP
	SUBQ	$4608, SP
	PUSHQ	CX
	PUSHQ	R9
	MOVL	$17, AX // pread64
	SYSCALL
	POPQ	R11
	POPQ	R10
	MOVQ	-16(R8), R9
	ADDQ	R8, R9

record:
	MOVL	(R9), CX
	TESTL	CX, CX
	JEQ	emulate
	LEAQ	20(CX), DX
	CMPQ	DX, AX
	JGT	next // or the file could not be read
	ADDQ	BX, CX
	MOVQ	8(R9), DX
	CMPQ	DX, (CX)
	JNE	next
	MOVQ	16(R9), DX
	CMPQ	DX, 8(CX)
	JNE	next
	MOVL	24(R9), DX
	CMPL	DX, 16(CX)
	JNE	next
	MOVQ	32(R9), DX
	CMPQ	DX, 24(BX)
	JNE	next
	MOVQ	40(R9), DX
	CMPQ	DX, 32(BX)
	JNE	next
	MOVQ	48(R9), DX
	CMPQ	DX, 40(BX)
	JEQ	found
next:
	ADDQ	$128, R9
	JMP	record

found:
	XORL	BX, BX // where an argument was exchanged, and for what
	TESTL	$2544, 4(R9) // WithLibrary, Links, Offloads, Plugins, FromFile, BesideItself
	JEQ	decide
	MOVQ	R11, CX
argument:
	MOVQ	(CX), SI
	ADDQ	$8, CX
	TESTQ	SI, SI
	JEQ	decide
	MOVL	(SI), AX
	CMPB	AX, $0x40 // @
	JEQ	file
	CMPL	AX, $0x756c702d // -plu
	JEQ	plugin
	CMPL	AX, $0x6c702d2d // --pl
	JEQ	plugin
	CMPL	AX, $0x706f662d // -fop
	JEQ	open
	CMPL	AX, $0x746c662d // -flt
	JEQ	beside
	CMPL	AX, $0x7375662d // -fus
	JEQ	beside
	CMPW	AX, $0x6c2d // -l
	JEQ	library
	ANDL	$0xffffff, AX
	CMPL	AX, $0x632d // -c
	JEQ	compiles
	CMPL	AX, $0x532d // -S
	JEQ	compiles
	CMPL	AX, $0x452d // -E
	JNE	argument
compiles:
	ANDL	$~32, R13
	JMP	argument
library:
	ORL	$16, R13
	JMP	argument
file:
	ORL	$256, R13
	JMP	argument
beside:
	ORL	$2048, R13
	JMP	argument
open:
	CMPB	4(SI), $0x65 // e
	JNE	argument
	ORL	$64, R13
	JMP	argument
plugin:
	TESTL	$128, 4(R9)
	JEQ	argument
	CMPB	7(SI), $0 // -plugin and not -plugin-opt=
	JEQ	itself
	CMPB	8(SI), $0
	JNE	argument
itself:
	TESTQ	BX, BX
	JEQ	single
	ORL	$128, R13 // a second one is not exchanged
single:
	TESTL	$128, R13
	JNE	argument
	MOVQ	(CX), SI
	TESTQ	SI, SI
	JEQ	decide
	MOVQ	SI, DI
ending:
	INCQ	SI
	CMPB	-1(SI), $0
	JNE	ending
	ORL	$128, R13
	LEAQ	-17(SI), SI
	CMPQ	SI, DI
	JLT	argument
	MOVQ	$0x705f6f746c62696c, AX // liblto_p
	CMPQ	AX, (SI)
	JNE	argument
	MOVQ	$0x6f732e6e6967756c, AX // lugin.so
	CMPQ	AX, 8(SI)
	JNE	argument
	ANDL	$~128, R13
	MOVQ	CX, BX
	MOVQ	DI, -4344(R10)
	MOVQ	-24(R8), AX
	ADDQ	R8, AX
	MOVQ	AX, (CX)
	JMP	argument
decide:
	MOVQ	BX, -4352(R10)
	TESTL	4(R9), R13
	JNE	restore
	PUSHQ	R10
	PUSHQ	R11
	MOVL	R14, DI
	MOVL	$2, SI // F_SETFD, FD_CLOEXEC
	MOVL	$1, DX
	MOVL	$72, AX
	SYSCALL
	POPQ	R11
	PUSHQ	R11
	LEAQ	56(R9), DI
	LEAQ	8(R11), SI
	TESTQ	$1, R15 // AT_FLAGS_PRESERVE_ARGV0
	JEQ	execute
	ADDQ	$8, SI
execute:
	MOVQ	R12, DX
	MOVL	$59, AX
	SYSCALL
	MOVL	R14, DI
	MOVL	$2, SI
	XORL	DX, DX
	MOVL	$72, AX
	SYSCALL
	POPQ	R11
	POPQ	R10
restore:
	MOVQ	-4352(R10), BX
	TESTQ	BX, BX
	JEQ	emulate
	MOVQ	-4344(R10), AX
	MOVQ	AX, (BX)

emulate:
	MOVQ	R10, SP
	XORL	DX, DX
	ADDQ	-8(R8), R8
	JMP	R8

TEXT ·nativeEnd(SB),NOSPLIT|NOFRAME,$0
	RET

// func nativeCode() (start, end *byte)
TEXT ·nativeCode(SB),NOSPLIT,$0-16
	LEAQ	·native(SB), AX
	MOVQ	AX, start+0(FP)
	LEAQ	·nativeEnd(SB), AX
	MOVQ	AX, end+8(FP)
	RET
