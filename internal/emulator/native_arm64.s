#include "textflag.h"

// native: see native_amd64.s. X0 is 0 where it goes on, as the kernel has it (start_thread in
// arch/arm64/include/asm/processor.h).
//
//	R19 its own address, R9 a record, R10 the stack, R11 argv, R12 the environment, R13 what was
//	seen in that, R14 AT_EXECFD, R15 AT_FLAGS, R20 what was read of the program
TEXT ·native(SB),NOSPLIT|NOFRAME,$0
begin:
	ADR	begin, R19
	MOVD	RSP, R10
	ADD	$8, R10, R11
	MOVD	(R10), R1
	ADD	R1<<3, R10, R12
	ADD	$16, R12
	MOVD	$1580, R13 // HostTypeUnset, MakeHostUnset, Links, GoArchUnset, TargetUnset
	MOVD	R12, R9

variable:
	MOVD	(R9), R3
	ADD	$8, R9
	CBZ	R3, auxiliary
	MOVWU	(R3), R1
	MOVD	$0x474e414c, R2 // LANG
	CMPW	R2, R1
	BEQ	language
	MOVD	$0x54534f48, R2 // HOST
	CMPW	R2, R1
	BEQ	host
	MOVD	$0x454b414d, R2 // MAKE
	CMPW	R2, R1
	BEQ	make
	MOVD	$0x52414f47, R2 // GOAR
	CMPW	R2, R1
	BEQ	goarch
	MOVD	$0x5f434343, R2 // CCC_
	CMPW	R2, R1
	BEQ	options
	AND	$0xffffff, R1
	MOVD	$0x5f434c, R2 // LC_
	CMPW	R2, R1
	BEQ	locale
	MOVD	$0x5f444c, R2 // LD_
	CMPW	R2, R1
	BNE	variable
	MOVBU	3(R3), R1
	CMPW	$0x4c, R1 // LD_LIBRARY_PATH
	BEQ	libraries
	CMPW	$0x50, R1 // LD_PRELOAD, LD_PROFILE
	BEQ	emulate
	CMPW	$0x41, R1 // LD_AUDIT
	BEQ	emulate
	B	variable
libraries:
	ORR	$1, R13 // LibraryPathSet
	B	variable
host:
	MOVWU	4(R3), R1
	MOVD	$0x45505954, R2 // TYPE
	CMPW	R2, R1
	BNE	variable
	MOVBU	8(R3), R1
	CMPW	$0x3d, R1
	BNE	variable
	AND	$~4, R13
	B	variable
make:
	MOVWU	4(R3), R1
	MOVD	$0x534f485f, R2 // _HOS
	CMPW	R2, R1
	BNE	variable
	MOVHU	8(R3), R1
	CMPW	$0x3d54, R1 // T=
	BNE	variable
	AND	$~8, R13
	B	variable
goarch:
	MOVWU	4(R3), R1
	LSR	$24, R1, R2
	CBZ	R2, variable // it is empty
	AND	$0xffffff, R1
	MOVD	$0x3d4843, R2 // CH=
	CMPW	R2, R1
	BNE	variable
	AND	$~512, R13
	B	variable
options:
	MOVD	$0x5245564f5f434343, R2 // CCC_OVER
	MOVD	(R3), R1
	CMP	R2, R1
	BNE	variable
	MOVD	$0x54504f5f45444952, R2 // RIDE_OPT
	MOVD	8(R3), R1
	CMP	R2, R1
	BNE	variable
	MOVD	$0x2d5e233d534e4f49, R2 // IONS=#^-
	MOVD	16(R3), R1
	CMP	R2, R1
	BNE	variable
	MOVD	$0x3d7465677261742d, R2 // -target=
	MOVD	24(R3), R1
	CMP	R2, R1
	BNE	variable
	AND	$~1024, R13
	B	variable
language:
	MOVBU	4(R3), R1
	ADD	$4, R3
	CMPW	$0x3d, R1
	BEQ	value
	B	variable
locale:
	ADD	$1, R3
	MOVBU	(R3), R1
	CBZ	R1, variable
	CMPW	$0x3d, R1
	BNE	locale
value:
	MOVBU	1(R3), R1 // C, C.UTF-8, POSIX or nothing
	CBZ	R1, variable
	CMPW	$0x43, R1
	BEQ	variable
	CMPW	$0x50, R1
	BEQ	variable
	ORR	$2, R13 // LocaleSet
	B	variable

auxiliary:
	MOVD	$-1, R14
	MOVD	ZR, R15
entry:
	MOVD	(R9), R1
	MOVD	8(R9), R2
	ADD	$16, R9
	CBZ	R1, read
	CMP	$2, R1
	BEQ	descriptor
	CMP	$8, R1
	BEQ	flags
	CMP	$23, R1
	BNE	entry
	CBZ	R2, entry
	B	emulate // AT_SECURE
descriptor:
	MOVD	R2, R14
	B	entry
flags:
	MOVD	R2, R15
	B	entry

read:
	TBNZ	$63, R14, emulate
	SUB	$4352, R10, R20
	SUB	$4608, R10, R1
	MOVD	R1, RSP
	MOVD	R14, R0
	MOVD	R20, R1
	MOVD	$4096, R2
	MOVD	ZR, R3
	MOVD	$67, R8 // pread64
	SVC
	MOVD	-16(R19), R9
	ADD	R19, R9

record:
	MOVWU	(R9), R4
	CBZ	R4, emulate
	ADD	$20, R4, R5
	CMP	R0, R5
	BGT	next // or the file could not be read
	ADD	R20, R4
	MOVD	8(R9), R5
	MOVD	(R4), R6
	CMP	R5, R6
	BNE	next
	MOVD	16(R9), R5
	MOVD	8(R4), R6
	CMP	R5, R6
	BNE	next
	MOVWU	24(R9), R5
	MOVWU	16(R4), R6
	CMPW	R5, R6
	BNE	next
	MOVD	32(R9), R5
	MOVD	24(R20), R6
	CMP	R5, R6
	BNE	next
	MOVD	40(R9), R5
	MOVD	32(R20), R6
	CMP	R5, R6
	BNE	next
	MOVD	48(R9), R5
	MOVD	40(R20), R6
	CMP	R5, R6
	BEQ	found
next:
	ADD	$128, R9
	B	record

found:
	MOVWU	4(R9), R5
	MOVD	ZR, R21 // where an argument was exchanged, and for what: R22
	MOVD	$2544, R2 // WithLibrary, Links, Offloads, Plugins, FromFile, BesideItself
	TST	R2, R5
	BEQ	decide
	MOVD	R11, R6
argument:
	MOVD	(R6), R3
	ADD	$8, R6
	CBZ	R3, decide
	MOVWU	(R3), R1
	AND	$0xff, R1, R2
	CMPW	$0x40, R2 // @
	BEQ	file
	MOVD	$0x756c702d, R2 // -plu
	CMPW	R2, R1
	BEQ	plugin
	MOVD	$0x6c702d2d, R2 // --pl
	CMPW	R2, R1
	BEQ	plugin
	MOVD	$0x706f662d, R2 // -fop
	CMPW	R2, R1
	BEQ	open
	MOVD	$0x746c662d, R2 // -flt
	CMPW	R2, R1
	BEQ	beside
	MOVD	$0x7375662d, R2 // -fus
	CMPW	R2, R1
	BEQ	beside
	AND	$0xffff, R1, R2
	MOVD	$0x6c2d, R4 // -l
	CMPW	R4, R2
	BEQ	library
	AND	$0xffffff, R1
	MOVD	$0x632d, R2 // -c
	CMPW	R2, R1
	BEQ	compiles
	MOVD	$0x532d, R2 // -S
	CMPW	R2, R1
	BEQ	compiles
	MOVD	$0x452d, R2 // -E
	CMPW	R2, R1
	BNE	argument
compiles:
	AND	$~32, R13
	B	argument
library:
	ORR	$16, R13
	B	argument
file:
	ORR	$256, R13
	B	argument
beside:
	ORR	$2048, R13
	B	argument
open:
	MOVBU	4(R3), R1
	CMPW	$0x65, R1 // e
	BNE	argument
	ORR	$64, R13
	B	argument
plugin:
	TBZ	$7, R5, argument
	MOVBU	7(R3), R1 // -plugin and not -plugin-opt=
	CBZ	R1, itself
	MOVBU	8(R3), R1
	CBNZ	R1, argument
itself:
	CBZ	R21, single
	ORR	$128, R13 // a second one is not exchanged
single:
	TBNZ	$7, R13, argument
	MOVD	(R6), R3
	CBZ	R3, decide
	MOVD	R3, R4
ending:
	ADD	$1, R3
	MOVBU	-1(R3), R1
	CBNZ	R1, ending
	ORR	$128, R13
	SUB	$17, R3
	CMP	R4, R3
	BLT	argument
	MOVD	$0x705f6f746c62696c, R1 // liblto_p
	MOVD	(R3), R2
	CMP	R1, R2
	BNE	argument
	MOVD	$0x6f732e6e6967756c, R1 // lugin.so
	MOVD	8(R3), R2
	CMP	R1, R2
	BNE	argument
	AND	$~128, R13
	MOVD	R6, R21
	MOVD	R4, R22
	MOVD	-24(R19), R1
	ADD	R19, R1
	MOVD	R1, (R6)
	B	argument
decide:
	TST	R13, R5
	BNE	restore
	MOVD	R14, R0
	MOVD	$2, R1 // F_SETFD, FD_CLOEXEC
	MOVD	$1, R2
	MOVD	$25, R8
	SVC
	ADD	$56, R9, R0
	ADD	$8, R11, R1
	TBZ	$0, R15, execute // AT_FLAGS_PRESERVE_ARGV0
	ADD	$8, R1
execute:
	MOVD	R12, R2
	MOVD	$221, R8
	SVC
	MOVD	R14, R0
	MOVD	$2, R1
	MOVD	ZR, R2
	MOVD	$25, R8
	SVC
restore:
	CBZ	R21, emulate
	MOVD	R22, (R21)

emulate:
	MOVD	R10, RSP
	MOVD	ZR, R0
	MOVD	-8(R19), R16
	ADD	R19, R16
	JMP	(R16)

TEXT ·nativeEnd(SB),NOSPLIT|NOFRAME,$0
	RET

// func nativeCode() (start, end *byte)
TEXT ·nativeCode(SB),NOSPLIT,$0-16
	MOVD	$·native(SB), R0
	MOVD	R0, start+0(FP)
	MOVD	$·nativeEnd(SB), R0
	MOVD	R0, end+8(FP)
	RET
