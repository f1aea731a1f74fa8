/* Checks the offsets that the assembly uses against the structures. */
#include "ntoskrnl.h"
#define CHECK(type, field, offset) _Static_assert(FIELD_OFFSET(type, field) == offset, #type "." #field)

CHECK(KTRAP_FRAME, PreviousMode, 0x28);
CHECK(KTRAP_FRAME, PreviousIrql, 0x29);
CHECK(KTRAP_FRAME, MxCsr, 0x2C);
CHECK(KTRAP_FRAME, Rax, 0x30);
CHECK(KTRAP_FRAME, R11, 0x60);
CHECK(KTRAP_FRAME, Xmm0, 0x70);
CHECK(KTRAP_FRAME, FaultAddress, 0xD0);
CHECK(KTRAP_FRAME, TrapFrame, 0x138);
CHECK(KTRAP_FRAME, Rbx, 0x140);
CHECK(KTRAP_FRAME, Rbp, 0x158);
CHECK(KTRAP_FRAME, ErrorCode, 0x160);
CHECK(KTRAP_FRAME, Rip, 0x168);
CHECK(KTRAP_FRAME, EFlags, 0x178);
CHECK(KTRAP_FRAME, Rsp, 0x180);
CHECK(KEXCEPTION_FRAME, Xmm6, 0x30);
CHECK(KEXCEPTION_FRAME, Rbp, 0xF8);
CHECK(KEXCEPTION_FRAME, R15, 0x130);
CHECK(KEXCEPTION_FRAME, Return, 0x138);
CHECK(KPCR, Prcb, 0x180);
CHECK(KPCR, CurrentPrcb, 0x20);
CHECK(KPRCB, CurrentThread, 8);
CHECK(KPRCB, ProcessorState.ContextFrame, 0x1F0);
CHECK(KTHREAD, KernelStack, 0x58);
CHECK(KTHREAD, SystemCallNumber, 0x80);
CHECK(KTHREAD, TrapFrame, 0x90);
CHECK(KTHREAD, PreviousMode, 0x232);
CHECK(CONTEXT, Rsp, 0x98);
CHECK(CONTEXT, Rip, 0xF8);
CHECK(CONTEXT, FltSave, 0x100);
