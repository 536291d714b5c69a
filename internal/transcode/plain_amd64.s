//go:build !purego

#include "textflag.h"

DATA quotes<>+0(SB)/8, $0x2222222222222222
DATA quotes<>+8(SB)/8, $0x2222222222222222
GLOBL quotes<>(SB), RODATA|NOPTR, $16

DATA backslashes<>+0(SB)/8, $0x5C5C5C5C5C5C5C5C
DATA backslashes<>+8(SB)/8, $0x5C5C5C5C5C5C5C5C
GLOBL backslashes<>(SB), RODATA|NOPTR, $16

DATA controls<>+0(SB)/8, $0x1F1F1F1F1F1F1F1F
DATA controls<>+8(SB)/8, $0x1F1F1F1F1F1F1F1F
GLOBL controls<>(SB), RODATA|NOPTR, $16

// func copyPlain(dst []byte, n int, src []byte, i int) int
//
// SSE2, which every amd64 has. AX is how far it is, and CX the last place where
// sixteen bytes are left of both: neither reads nor writes go beyond.
TEXT ·copyPlain(SB), NOSPLIT, $0-72
	MOVQ n+24(FP), BX
	MOVQ i+56(FP), DX
	MOVQ dst_len+8(FP), CX
	MOVQ src_len+40(FP), R8
	MOVQ dst_base+0(FP), DI
	MOVQ src_base+32(FP), SI
	SUBQ BX, CX
	SUBQ DX, R8
	CMPQ R8, CX
	CMOVQLT R8, CX
	XORQ AX, AX
	SUBQ $16, CX
	JLT  done
	ADDQ BX, DI
	ADDQ DX, SI
	MOVOU quotes<>(SB), X5
	MOVOU backslashes<>(SB), X6
	MOVOU controls<>(SB), X7

next:
	MOVOU    (SI)(AX*1), X0
	MOVOU    X0, (DI)(AX*1)
	MOVO     X0, X1
	PCMPEQB  X5, X1
	MOVO     X0, X2
	PCMPEQB  X6, X2
	MOVO     X0, X3
	PMINUB   X7, X3
	PCMPEQB  X0, X3         // where a byte is its minimum with 1F
	POR      X1, X2
	POR      X3, X2
	POR      X0, X2         // beyond ASCII the high bit is set anyway
	PMOVMSKB X2, DX
	TESTL    DX, DX
	JNE      found
	ADDQ     $16, AX
	CMPQ     AX, CX
	JLE      next

done:
	MOVQ AX, ret+64(FP)
	RET

found:
	BSFL DX, DX
	ADDQ DX, AX
	MOVQ AX, ret+64(FP)
	RET
