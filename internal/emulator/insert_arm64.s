#include "textflag.h"

// insert: see insert_amd64.s. X0 is left alone, as RDX there. The jump is by X16, from which a
// landing pad for calls can be reached (BTI).
//
//	R8 its own address, R9 a record, R10 the stack, R11 the environment, R12 the NULL at its end,
//	R14 whether the last variable was added, R15 the record that was added last
TEXT ·insert(SB),NOSPLIT|NOFRAME,$0
begin:
	ADR	begin, R8
	MOVD	-16(R8), R9
	ADD	R8, R9
	MOVD	RSP, R10
	MOVD	(R10), R1
	ADD	R1<<3, R10, R11
	ADD	$16, R11
	MOVD	R11, R12
end:
	MOVD	(R12), R1
	CBZ	R1, record
	ADD	$8, R12
	B	end

record:
	MOVBU	(R9), R5
	CBZ	R5, done
	ADD	$1, R9
	CMP	$2, R5
	BEQ	companion

	MOVD	R11, R2
variable:
	CMP	R12, R2
	BEQ	add
	MOVD	(R2), R3
	MOVD	R9, R4
compare:
	MOVBU	(R3), R1
	MOVBU	(R4), R6
	CMP	R6, R1
	BNE	next
	CMP	$61, R1
	BEQ	present
	ADD	$1, R3
	ADD	$1, R4
	B	compare
next:
	ADD	$8, R2
	B	variable
present:
	MOVD	ZR, R14
	B	skip
companion:
	CBZ	R14, skip

add:
	MOVD	$1, R14
	MOVD	R9, R15
	MOVD	R10, R2
shift:
	MOVD	(R2), R1
	MOVD	R1, -8(R2)
	ADD	$8, R2
	CMP	R12, R2
	BNE	shift
	MOVD	R9, -8(R12)
	SUB	$8, R10
	SUB	$8, R11
skip:
	MOVBU	(R9), R1
	ADD	$1, R9
	CBNZ	R1, skip
	B	record

done:
	TBZ	$3, R10, leave
	MOVD	R15, R9
	B	add
leave:
	MOVD	R10, RSP
	MOVD	-24(R8), R1
	ADD	R8, R1
	MOVD	R1, 8(R10)
	MOVD	-8(R8), R16
	ADD	R8, R16
	JMP	(R16)

TEXT ·insertEnd(SB),NOSPLIT|NOFRAME,$0
	RET

// func insertCode() (start, end *byte)
TEXT ·insertCode(SB),NOSPLIT,$0-16
	MOVD	$·insert(SB), R0
	MOVD	R0, start+0(FP)
	MOVD	$·insertEnd(SB), R0
	MOVD	R0, end+8(FP)
	RET
