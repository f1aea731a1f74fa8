/* PVH entry (QEMU -kernel): 32-bit protected mode, paging off. Enters long mode on a one-to-one
   map of the first 4 GiB and calls LoaderMain. */
    .intel_syntax noprefix

    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, 18              /* namesz, descsz, XEN_ELFNOTE_PHYS32_ENTRY */
    .asciz "Xen"
    .quad _start

    .section .text.start, "ax"
    .code32
    .globl _start
_start:
    cli
    cld
    lea esp, [stack_top]
    /* PDPT -> four page directories of 2 MiB pages */
    mov dword ptr [pml4], offset pdpt + 3
    mov eax, offset pd + 3
    mov edi, offset pdpt
    mov ecx, 4
1:  mov [edi], eax
    add eax, 0x1000
    add edi, 8
    dec ecx
    jnz 1b
    mov eax, 0x83
    mov edi, offset pd
    mov ecx, 2048
2:  mov [edi], eax
    add eax, 0x200000
    add edi, 8
    dec ecx
    jnz 2b
    mov eax, cr4
    or eax, 0x620               /* PAE, OSFXSR, OSXMMEXCPT */
    mov cr4, eax
    mov eax, offset pml4
    mov cr3, eax
    mov ecx, 0xC0000080         /* EFER: SCE, LME, NXE */
    rdmsr
    or eax, 0x901
    wrmsr
    mov eax, cr0
    and eax, 0xFFFFFFFB         /* no x87 emulation */
    or eax, 0x80010002          /* PG, WP, MP */
    mov cr0, eax
    lgdt [gdt_pointer]
    ljmp 0x10, offset long_mode

    .code64
long_mode:
    mov eax, 0x18
    mov ds, eax
    mov es, eax
    mov ss, eax
    xor eax, eax
    mov fs, eax
    mov gs, eax
    call LoaderMain
3:  hlt
    jmp 3b

    .section .rodata
    .balign 8
gdt:
    .quad 0, 0
    .quad 0x00209B0000000000    /* 0x10: 64-bit code */
    .quad 0x00CF93000000FFFF    /* 0x18: data */
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

    .section .bss
    .balign 4096
pml4: .skip 4096
pdpt: .skip 4096
pd:   .skip 4096 * 4
    .skip 16384
stack_top:
