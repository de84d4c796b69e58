#include "textflag.h"

// insert is where a copy of an emulator begins, see insert.go. It is run there, not here:
// position-independent, with the stack as execve(2) leaves it. RDX is left alone: the C library
// takes it for a function to call at exit (System V ABI for x86-64, "Process Initialization").
//
//	R8 its own address, R9 a record, R10 the stack, R11 the environment, R12 the NULL at its end,
//	R14 whether the last variable was added, R15 the record that was added last
TEXT ·insert(SB),NOSPLIT|NOFRAME,$0
	LEAQ	·insert(SB), R8 // relative to RIP: in a copy the copy's own address
	MOVQ	-16(R8), R9
	ADDQ	R8, R9
	MOVQ	SP, R10
	MOVQ	(R10), AX
	LEAQ	16(R10)(AX*8), R11
	MOVQ	R11, R12
end:
	CMPQ	(R12), $0
	JEQ	record
	ADDQ	$8, R12
	JMP	end

record:
	MOVBLZX	(R9), CX
	TESTL	CX, CX
	JEQ	done
	INCQ	R9
	CMPL	CX, $2
	JEQ	companion

	MOVQ	R11, BX
variable:
	CMPQ	BX, R12
	JEQ	add
	MOVQ	(BX), SI
	MOVQ	R9, DI
compare:
	MOVBLZX	(SI), AX
	MOVBLZX	(DI), R13
	CMPL	AX, R13
	JNE	next
	CMPL	AX, $61 // '=', which every record has
	JEQ	present
	INCQ	SI
	INCQ	DI
	JMP	compare
next:
	ADDQ	$8, BX
	JMP	variable
present:
	XORL	R14, R14
	JMP	skip
companion:
	TESTL	R14, R14
	JEQ	skip

add:
	MOVL	$1, R14
	MOVQ	R9, R15
	MOVQ	R10, BX
shift:
	MOVQ	(BX), AX
	MOVQ	AX, -8(BX)
	ADDQ	$8, BX
	CMPQ	BX, R12
	JNE	shift
	MOVQ	R9, -8(R12)
	SUBQ	$8, R10
	SUBQ	$8, R11
skip:
	MOVBLZX	(R9), AX
	INCQ	R9
	TESTL	AX, AX
	JNE	skip
	JMP	record

done:
	TESTQ	$8, R10
	JEQ	leave
	MOVQ	R15, R9 // the stack has to be a multiple of 16: the last one twice
	JMP	add
leave:
	MOVQ	R10, SP
	MOVQ	-24(R8), AX
	ADDQ	R8, AX
	MOVQ	AX, 8(R10) // argv[0]
	ADDQ	-8(R8), R8
	JMP	R8

TEXT ·insertEnd(SB),NOSPLIT|NOFRAME,$0
	RET

// func insertCode() (start, end *byte)
TEXT ·insertCode(SB),NOSPLIT,$0-16
	LEAQ	·insert(SB), AX
	MOVQ	AX, start+0(FP)
	LEAQ	·insertEnd(SB), AX
	MOVQ	AX, end+8(FP)
	RET
