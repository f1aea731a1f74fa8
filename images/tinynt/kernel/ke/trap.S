/* Exceptions. Names and call chains as in NT: KiPageFault -> KiBugCheckDispatch -> KeBugCheckEx. */
#include "kxamd64.inc"
#include "../inc/bugcodes.h"

    .text

/* ecx = stop code, rdx, r8, r9 = parameters 1 to 3, r10 = parameter 4. Never returns. */
    .globl KiBugCheckDispatch
    .p2align 4
KiBugCheckDispatch:
    .seh_proc KiBugCheckDispatch
    ENTER_EXCEPTION_FRAME
    mov [rsp + 0x20], r10
    call KeBugCheckEx
    int3
    .seh_endproc

/* ecx = status, rdx = faulting address (for an access violation), r8 = access, trap frame at rbp - 0x80. */
    .globl KiExceptionDispatch
    .p2align 4
KiExceptionDispatch:
    .seh_proc KiExceptionDispatch
    ENTER_EXCEPTION_FRAME
    mov r9, r8
    mov r8, rdx
    lea rdx, [rbp - 0x80]
    mov [rsp + 0x20], rsp
    call KiDispatchException
    int3
    .seh_endproc

    .globl KiPageFault
    .p2align 4
KiPageFault:
    .seh_proc KiPageFault
    ENTER_TRAP
    mov rdx, cr2
    mov [rbp - 0x80 + TrFaultAddress], rdx
    test dword ptr [rbp - 0x80 + TrEFlags], 0x200
    jz 1f
    sti
1:  mov rcx, [rbp - 0x80 + TrErrorCode]
    xor r8d, r8d
    lea r9, [rbp - 0x80]
    call MmAccessFault
    test eax, eax
    js 2f
    cli
    EXIT_TRAP
2:  /* access as the stop codes write it: 0 read, 1 write, 8 execute */
    mov r9, [rbp - 0x80 + TrErrorCode]
    mov ecx, r9d
    shr r9d, 1
    and r9d, 1
    test ecx, 0x10
    jz 3f
    mov r9d, 8
3:  mov r10, [rbp - 0x80 + TrRip]
    mov rdx, [rbp - 0x80 + TrFaultAddress]
    cmp eax, 0xD0000006         /* STATUS_IN_PAGE_ERROR at raised IRQL */
    jne 4f
    mov ecx, IRQL_NOT_LESS_OR_EQUAL
    mov r8, cr8
    call KiBugCheckDispatch
    int3
4:  bt rdx, 63
    jnc 5f
    mov ecx, PAGE_FAULT_IN_NONPAGED_AREA
    mov r8, r9
    mov r9, r10
    mov r10d, 2
    call KiBugCheckDispatch
    int3
5:  mov r8, r9
    mov ecx, 0xC0000005
    call KiExceptionDispatch
    int3
    .seh_endproc

/* Faults that become a status for KiDispatchException. `code` says whether the processor pushed an
   error code. */
.macro FAULT name, status, pushed
    .globl \name
    .p2align 4
\name:
    .seh_proc \name
    .if \pushed == 0
    push 0
    .endif
    ENTER_TRAP
    mov ecx, \status
    xor edx, edx
    xor r8d, r8d
    call KiExceptionDispatch
    int3
    .seh_endproc
.endm
    FAULT KiDivideErrorFault, 0xC0000094, 0
    FAULT KiDebugTrapOrFault, 0x80000004, 0
    FAULT KiBreakpointTrap, 0x80000003, 0
    FAULT KiOverflowTrap, 0xC0000095, 0
    FAULT KiBoundFault, 0xC000008C, 0
    FAULT KiInvalidOpcodeFault, 0xC000001D, 0
    FAULT KiNpxNotAvailableFault, 0xC000001D, 0
    FAULT KiInvalidTssFault, 0xC0000005, 1
    FAULT KiSegmentNotPresentFault, 0xC0000005, 1
    FAULT KiStackFault, 0xC0000005, 1
    FAULT KiGeneralProtectionFault, 0xC0000005, 1
    FAULT KiFloatingErrorFault, 0xC0000090, 0
    FAULT KiAlignmentFault, 0x80000002, 1
    FAULT KiXmmException, 0xC00002B5, 0

/* Double fault: parameter 1 of 0x7F is the vector. Own stack (IST). */
    .globl KiDoubleFaultAbort
    .p2align 4
KiDoubleFaultAbort:
    .seh_proc KiDoubleFaultAbort
    ENTER_TRAP
    mov ecx, UNEXPECTED_KERNEL_MODE_TRAP
    mov edx, 8
    lea r8, [rbp - 0x80]
    mov r9, cr4
    mov r10, [rbp - 0x80 + TrRip]
    call KiBugCheckDispatch
    int3
    .seh_endproc

    .globl KiMcheckAbort
    .p2align 4
KiMcheckAbort:
    .seh_proc KiMcheckAbort
    push 0
    ENTER_TRAP
    mov ecx, MACHINE_CHECK_EXCEPTION
    xor edx, edx
    xor r8d, r8d
    xor r9d, r9d
    xor r10d, r10d
    call KiBugCheckDispatch
    int3
    .seh_endproc

/* NMI: a freeze request from KeBugCheck2, or somebody pressing the button. Own stack (IST). */
    .globl KiNmiInterrupt
    .p2align 4
KiNmiInterrupt:
    .seh_proc KiNmiInterrupt
    push 0
    ENTER_TRAP
    call KxNmiInterrupt
    EXIT_TRAP
    .seh_endproc

    .globl KxNmiInterrupt
    .p2align 4
KxNmiInterrupt:
    .seh_proc KxNmiInterrupt
    ENTER_EXCEPTION_FRAME
    lea rcx, [rbp - 0x80]
    mov rdx, rsp
    call KiProcessNMI
    add rsp, 0x138
    ret
    .seh_endproc
