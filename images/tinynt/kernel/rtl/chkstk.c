/* Stack probe that compilers call for frames above a page; RAX holds the frame's size. */
#include "ntoskrnl.h"

__attribute__((naked)) void __chkstk(void)
{
    __asm__("lea 8(%rsp), %r10\n"
            "sub %rax, %r10\n"
            "mov %rsp, %r11\n"
            "and $-0x1000, %r11\n"
            "1: cmp %r10, %r11\n"
            "jbe 2f\n"
            "sub $0x1000, %r11\n"
            "testb $0, (%r11)\n"
            "jmp 1b\n"
            "2: ret");
}
