/* Context switch, thread start, idle loop, and what captures registers. */
#include "kxamd64.inc"

    .text

/* KiSwapContext(rcx = from, rdx = to): called at DISPATCH_LEVEL with KiDispatcherLock held; the
   thread that continues releases it. A switched-out thread's KernelStack points at a
   _KSWITCH_FRAME: 0x28 bytes of home, MxCsr and flags, Rbp at 0x30, Return at 0x38. */
    .globl KiSwapContext
    .p2align 4
KiSwapContext:
    .seh_proc KiSwapContext
    ENTER_EXCEPTION_FRAME
    call SwapContext
    movaps xmm6, [rsp + ExXmm6]
    movaps xmm7, [rsp + ExXmm6 + 0x10]
    movaps xmm8, [rsp + ExXmm6 + 0x20]
    movaps xmm9, [rsp + ExXmm6 + 0x30]
    movaps xmm10, [rsp + ExXmm6 + 0x40]
    movaps xmm11, [rsp + ExXmm6 + 0x50]
    movaps xmm12, [rsp + ExXmm6 + 0x60]
    movaps xmm13, [rsp + ExXmm6 + 0x70]
    movaps xmm14, [rsp + ExXmm6 + 0x80]
    movaps xmm15, [rsp + ExXmm6 + 0x90]
    mov rbx, [rsp + ExRbx]
    mov rdi, [rsp + ExRdi]
    mov rsi, [rsp + ExRsi]
    mov r12, [rsp + ExR12]
    mov r13, [rsp + ExR13]
    mov r14, [rsp + ExR14]
    mov r15, [rsp + ExR15]
    add rsp, 0x138
    ret
    .seh_endproc

    .globl SwapContext
    .p2align 4
SwapContext:
    .seh_proc SwapContext
    push rbp
    .seh_pushreg rbp
    sub rsp, 0x30
    .seh_stackalloc 0x30
    .seh_endprologue
    stmxcsr [rsp + 0x28]
    mov [rcx + ThKernelStack], rsp
    mov rsp, [rdx + ThKernelStack]
    mov gs:[PcCurrentThread], rdx
    ldmxcsr [rsp + 0x28]
    add rsp, 0x30
    pop rbp
    ret
    .seh_endproc

/* Where a new thread begins, by SwapContext's return. KiInitializeThread laid out the stack:
   0x20 system routine, 0x28 start routine, 0x30 start context, and a zero return address at 0x48
   that ends every walk. */
    .globl KiStartSystemThread
    .p2align 4
    .seh_proc KiStartSystemThread
KiStartSystemThread:
    .seh_stackalloc 0x48
    .seh_endprologue
    call KiThreadStartup
    mov rcx, [rsp + 0x28]
    mov rdx, [rsp + 0x30]
    call qword ptr [rsp + 0x20]
    int3
    .seh_endproc

/* The boot's own stack (and each processor's first) becomes the idle thread's. */
    .globl KiSwitchToIdleStack
    .p2align 4
    .seh_proc KiSwitchToIdleStack
KiSwitchToIdleStack:
    .seh_endprologue
    mov rsp, rcx
    xor ebp, ebp
    sub rsp, 0x28
    mov qword ptr [rsp], rbp    /* ends every walk */
    jmp KiIdleLoop
    .seh_endproc

/* RtlCaptureContext(rcx = CONTEXT): the caller's registers, as they are after it returns. */
    .globl RtlCaptureContext
    .p2align 4
RtlCaptureContext:
    .seh_proc RtlCaptureContext
    pushfq
    .seh_stackalloc 8
    .seh_endprologue
    mov [rcx + 0x78], rax
    mov [rcx + 0x80], rcx
    mov [rcx + 0x88], rdx
    mov [rcx + 0x90], rbx
    lea rax, [rsp + 0x10]
    mov [rcx + 0x98], rax
    mov [rcx + 0xA0], rbp
    mov [rcx + 0xA8], rsi
    mov [rcx + 0xB0], rdi
    mov [rcx + 0xB8], r8
    mov [rcx + 0xC0], r9
    mov [rcx + 0xC8], r10
    mov [rcx + 0xD0], r11
    mov [rcx + 0xD8], r12
    mov [rcx + 0xE0], r13
    mov [rcx + 0xE8], r14
    mov [rcx + 0xF0], r15
    mov rax, [rsp + 8]
    mov [rcx + 0xF8], rax
    mov eax, [rsp]
    mov [rcx + 0x44], eax
    mov word ptr [rcx + 0x38], cs
    mov word ptr [rcx + 0x3A], ds
    mov word ptr [rcx + 0x3C], es
    mov word ptr [rcx + 0x3E], fs
    mov word ptr [rcx + 0x40], gs
    mov word ptr [rcx + 0x42], ss
    stmxcsr [rcx + 0x34]
    mov dword ptr [rcx + 0x30], 0x10000F
    fxsave64 [rcx + 0x100]
    mov rax, [rcx + 0x78]
    popfq
    ret
    .seh_endproc

/* KeBugCheckEx(code, p1, p2, p3, p4): the context that the dump shows has RIP here and RSP at the
   caller's return address, as on Windows. */
    .globl KeBugCheckEx
    .p2align 4
KeBugCheckEx:
    .seh_proc KeBugCheckEx
    mov [rsp + 8], rcx
    mov [rsp + 0x10], rdx
    mov [rsp + 0x18], r8
    mov [rsp + 0x20], r9
    pushfq
    .seh_stackalloc 8
    sub rsp, 0x30
    .seh_stackalloc 0x30
    .seh_endprologue
    cli
    mov rcx, gs:[0x20]
    lea rcx, [rcx + PrContextFrame]
    call RtlCaptureContext
    mov rcx, gs:[0x20]
    lea rcx, [rcx + PrContextFrame]
    lea rax, [rsp + 0x38]
    mov [rcx + 0x98], rax
    lea rax, [rip + KeBugCheckEx]
    mov [rcx + 0xF8], rax
    mov rax, [rsp + 0x40]
    mov [rcx + 0x80], rax
    mov eax, [rsp + 0x30]
    mov [rcx + 0x44], eax
    mov rcx, [rsp + 0x40]
    mov rdx, [rsp + 0x48]
    mov r8, [rsp + 0x50]
    mov r9, [rsp + 0x58]
    mov rax, [rsp + 0x60]
    mov [rsp + 0x20], rax
    call KeBugCheck2
    int3
    .seh_endproc
