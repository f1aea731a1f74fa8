/* Interrupts. Each vector has a thunk that pushes its number; software interrupts (APC, DPC) are
   vectors 0x1F and 0x2F, sent to oneself and held back by CR8 until the IRQL allows them. */
#include "kxamd64.inc"

    .text

/* Vectors 0x20 to 0xFF, eight bytes each. The number is sign-extended by push; the dispatcher
   masks it. */
    .globl KiIsrThunk
    .p2align 4
KiIsrThunk:
    .set vector, 0x20
    .rept 0xE0
    .p2align 3
    push vector - 0x80
    jmp KiInterruptThunkTarget
    .set vector, vector + 1
    .endr

KiInterruptThunkTarget:
    jmp KiInterruptDispatchNoLockNoEtw

    .globl KiInterruptDispatchNoLockNoEtw
    .p2align 4
KiInterruptDispatchNoLockNoEtw:
    .seh_proc KiInterruptDispatchNoLockNoEtw
    ENTER_TRAP
    mov rcx, [rbp - 0x80 + TrErrorCode]
    sub ecx, -0x80
    movzx ecx, cl
    mov rax, cr8
    mov [rbp - 0x80 + TrPreviousIrql], al
    mov eax, ecx
    shr eax, 4
    mov cr8, rax
    sti
    lea rdx, [rbp - 0x80]
    call KiInterruptSubDispatchNoLockNoEtw
    cli
    movzx eax, byte ptr [rbp - 0x80 + TrPreviousIrql]
    mov cr8, rax
    EXIT_TRAP
    .seh_endproc

/* DPC interrupt: retire the queue, then switch threads if one is waiting for this processor. */
    .globl KiDpcInterrupt
    .p2align 4
KiDpcInterrupt:
    .seh_proc KiDpcInterrupt
    push 0
    ENTER_TRAP
    mov rax, cr8
    mov [rbp - 0x80 + TrPreviousIrql], al
    mov eax, 2
    mov cr8, rax
    call HalEndSystemInterrupt
    sti
    call KiDispatchInterrupt
    cli
    movzx eax, byte ptr [rbp - 0x80 + TrPreviousIrql]
    mov cr8, rax
    EXIT_TRAP
    .seh_endproc

    .globl KiApcInterrupt
    .p2align 4
KiApcInterrupt:
    .seh_proc KiApcInterrupt
    push 0
    ENTER_TRAP
    mov rax, cr8
    mov [rbp - 0x80 + TrPreviousIrql], al
    mov eax, 1
    mov cr8, rax
    call HalEndSystemInterrupt
    sti
    xor ecx, ecx
    xor edx, edx
    lea r8, [rbp - 0x80]
    call KiDeliverApc
    cli
    movzx eax, byte ptr [rbp - 0x80 + TrPreviousIrql]
    mov cr8, rax
    EXIT_TRAP
    .seh_endproc
