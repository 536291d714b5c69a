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

// func copyWords(dst, src *byte, size int) int
//
// SSE2, which every amd64 has. AX ≤ size is how far it is; neither reads nor writes
// go beyond size.
TEXT ·copyWords(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ size+16(FP), CX
	MOVOU quotes<>(SB), X5
	MOVOU backslashes<>(SB), X6
	MOVOU controls<>(SB), X7
	XORQ AX, AX
	SUBQ $16, CX
	JLT  done

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
	MOVQ AX, ret+24(FP)
	RET

found:
	BSFL DX, DX
	ADDQ DX, AX
	MOVQ AX, ret+24(FP)
	RET
