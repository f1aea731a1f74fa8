/* Processor instructions and constants (Intel SDM names). */
#pragma once
#include "ntdef.h"

#define PASSIVE_LEVEL 0
#define APC_LEVEL 1
#define DISPATCH_LEVEL 2
#define CLOCK_LEVEL 13
#define IPI_LEVEL 14
#define HIGH_LEVEL 15

/* The vector's upper four bits are the IRQL that masks it (CR8 is the APIC's task priority). */
#define APC_VECTOR 0x1F
#define DISPATCH_VECTOR 0x2F
#define DEVICE_VECTOR_BASE 0x50
#define CLOCK_VECTOR 0xD1
#define IPI_VECTOR 0xE1
#define SPURIOUS_VECTOR 0xDF

#define KGDT64_R0_CODE 0x10
#define KGDT64_R0_DATA 0x18
#define KGDT64_SYS_TSS 0x40

static inline ULONG64 ReadCR0(void)
{
    ULONG64 v;
    __asm__ volatile("mov %%cr0, %0" : "=r"(v));
    return v;
}
static inline ULONG64 ReadCR2(void)
{
    ULONG64 v;
    __asm__ volatile("mov %%cr2, %0" : "=r"(v));
    return v;
}
static inline ULONG64 ReadCR3(void)
{
    ULONG64 v;
    __asm__ volatile("mov %%cr3, %0" : "=r"(v));
    return v;
}
static inline void WriteCR3(ULONG64 v) { __asm__ volatile("mov %0, %%cr3" ::"r"(v) : "memory"); }
static inline ULONG64 ReadCR4(void)
{
    ULONG64 v;
    __asm__ volatile("mov %%cr4, %0" : "=r"(v));
    return v;
}
static inline ULONG64 ReadCR8(void)
{
    ULONG64 v;
    __asm__ volatile("mov %%cr8, %0" : "=r"(v));
    return v;
}
static inline void WriteCR8(ULONG64 v) { __asm__ volatile("mov %0, %%cr8" ::"r"(v) : "memory"); }
static inline void InvalidatePage(PCVOID va) { __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory"); }
static inline ULONG64 ReadTSC(void)
{
    ULONG lo, hi;
    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return ((ULONG64)hi << 32) | lo;
}
static inline ULONG64 ReadMSR(ULONG m)
{
    ULONG lo, hi;
    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(m));
    return ((ULONG64)hi << 32) | lo;
}
static inline void WriteMSR(ULONG m, ULONG64 v)
{
    __asm__ volatile("wrmsr" ::"c"(m), "a"((ULONG)v), "d"((ULONG)(v >> 32)) : "memory");
}
static inline void OutByte(USHORT p, UCHAR v) { __asm__ volatile("outb %0, %1" ::"a"(v), "Nd"(p)); }
static inline UCHAR InByte(USHORT p)
{
    UCHAR v;
    __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(p));
    return v;
}
static inline void OutWord(USHORT p, USHORT v) { __asm__ volatile("outw %0, %1" ::"a"(v), "Nd"(p)); }
static inline USHORT InWord(USHORT p)
{
    USHORT v;
    __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(p));
    return v;
}
static inline void OutDword(USHORT p, ULONG v) { __asm__ volatile("outl %0, %1" ::"a"(v), "Nd"(p)); }
static inline ULONG InDword(USHORT p)
{
    ULONG v;
    __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(p));
    return v;
}
static inline void DisableInterrupts(void) { __asm__ volatile("cli" ::: "memory"); }
static inline void EnableInterrupts(void) { __asm__ volatile("sti" ::: "memory"); }
static inline void PauseProcessor(void) { __asm__ volatile("pause"); }
static inline void HaltProcessor(void) { __asm__ volatile("hlt"); }
static inline ULONG64 ReadFlags(void)
{
    ULONG64 v;
    __asm__ volatile("pushfq; pop %0" : "=r"(v));
    return v;
}
static inline void Cpuid(ULONG leaf, ULONG sub, ULONG r[4])
{
    __asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(sub));
}
/* Disables interrupts and says whether they were enabled. */
static inline BOOLEAN KeDisableInterrupts(void)
{
    BOOLEAN on = (ReadFlags() & 0x200) != 0;
    DisableInterrupts();
    return on;
}
static inline void KeRestoreInterrupts(BOOLEAN on)
{
    if (on) {
        EnableInterrupts();
    }
}
