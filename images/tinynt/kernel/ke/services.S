/* System services called from kernel mode. Zw<name> pushes a machine frame whose return address is
   KiServiceLinkage, then KiServiceInternal builds a trap frame, copies the stack arguments and
   calls Nt<name> through the table: so the caller is found under KiServiceLinkage, as on Windows. */
#include "kxamd64.inc"

    .text

    .set service, 0
#define SERVICE(name, args) \
    .globl Zw##name; .p2align 4; Zw##name: ; \
    mov rax, rsp; \
    cli; \
    sub rsp, 0x10; \
    mov qword ptr [rsp], 0x18; \
    push rax; \
    pushfq; \
    push 0x10; \
    lea rax, [rip + KiServiceLinkage]; \
    push rax; \
    mov eax, service; \
    jmp KiServiceInternal; \
    .set service, service + 1;
#include "services.inc"
#undef SERVICE

    .globl KiServiceLinkage
    .p2align 4
KiServiceLinkage:
    .seh_proc KiServiceLinkage
    .seh_endprologue
    ret
    .seh_endproc

/* Stack: RIP, CS, RFLAGS, RSP, and one filler; eax = service; registers hold the arguments. */
    .globl KiServiceInternal
    .p2align 4
KiServiceInternal:
    .seh_proc KiServiceInternal
    sub rsp, 8
    ENTER_TRAP 1
    mov rbx, gs:[PcCurrentThread]
    movzx ecx, byte ptr [rbx + ThPreviousMode]   
    mov [rbp - 0x80 + TrPreviousMode], cl
    mov byte ptr [rbx + ThPreviousMode], 0
    mov rcx, [rbx + ThTrapFrame]
    mov [rbp - 0x80 + TrTrapFrame], rcx
    lea rcx, [rbp - 0x80]
    mov [rbx + ThTrapFrame], rcx
    mov [rbx + ThSystemCallNumber], eax
    or dword ptr [rbp - 0x80 + TrEFlags], 0x200
    sti
    mov rcx, [rbp - 0x80 + TrRcx]
    lea r10, [rip + KiServiceTable]
    mov r10, [r10 + rax * 8]
    /* up to 8 stack arguments: their home is above the caller's return address */
    mov rsi, [rbp - 0x80 + TrRsp]
    add rsi, 0x28
    sub rsp, 0x70
    lea rdi, [rsp + 0x20]
    .set i, 0
    .rept 8
    mov rax, [rsi + i]
    mov [rdi + i], rax
    .set i, i + 8
    .endr
    .globl KiSystemServiceCopyEnd
KiSystemServiceCopyEnd:
    call r10
    lea rsp, [rbp - 0x80]
    cli
    mov rcx, [rbp - 0x80 + TrTrapFrame]
    mov [rbx + ThTrapFrame], rcx
    mov cl, [rbp - 0x80 + TrPreviousMode]
    mov [rbx + ThPreviousMode], cl
    mov rbx, [rbp - 0x80 + TrRbx]
    mov rdi, [rbp - 0x80 + TrRdi]
    mov rsi, [rbp - 0x80 + TrRsi]
    ldmxcsr [rbp - 0x80 + TrMxCsr]
    mov rsp, rbp
    add rsp, 0x158 - 0x80
    pop rbp
    add rsp, 8
    iretq
    .seh_endproc

/* The table that KiServiceInternal indexes, in the order of services.inc. */
    .section .rdata, "dr"
    .globl KiServiceTable
    .p2align 3
KiServiceTable:
#define SERVICE(name, args) \
    .if args > 12; .error "KiServiceInternal copies 8 stack arguments"; .endif; \
    .quad Nt##name;
#include "services.inc"
