/* Copied to physical 0x8000: an application processor from real mode to long mode. */
    .intel_syntax noprefix
    .text
    .code16
    .globl KiStartupStub
KiStartupStub:
    cli
    cld
    xor ax, ax
    mov ds, ax
    .byte 0x66, 0x0F, 0x01, 0x16            /* lgdt [gdt pointer], 32-bit base */
    .word 0x8000 + (startup_gdtr - KiStartupStub)
    mov eax, cr0
    or al, 1
    mov cr0, eax
    .byte 0x66, 0xEA                        /* far jump to 32-bit code */
    .long 0x8000 + (startup_32 - KiStartupStub)
    .word 0x08
    .code32
startup_32:
    mov ax, 0x18
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov eax, cr4
    or eax, 0x620
    mov cr4, eax
    mov eax, [0x8F00]
    mov cr3, eax
    mov ecx, 0xC0000080
    rdmsr
    or eax, 0x901
    wrmsr
    mov eax, cr0
    and eax, 0x9FFFFFFB                     /* caches on, no x87 emulation */
    or eax, 0x80010002
    mov cr0, eax
    .byte 0xEA                              /* far jump to 64-bit code */
    .long 0x8000 + (startup_64 - KiStartupStub)
    .word 0x10
    .code64
startup_64:
    mov rsp, [0x8F08]
    mov rcx, [0x8F18]
    mov rax, [0x8F10]
    xor ebp, ebp
    jmp rax
    .p2align 3
startup_gdt:
    .quad 0
    .quad 0x00CF9B000000FFFF                /* 0x08: 32-bit code */
    .quad 0x00209B0000000000                /* 0x10: 64-bit code */
    .quad 0x00CF93000000FFFF                /* 0x18: data */
startup_gdtr:
    .word startup_gdtr - startup_gdt - 1
    .long 0x8000 + (startup_gdt - KiStartupStub)
    .globl KiStartupStubEnd
KiStartupStubEnd:
