/* From a fault to a stop. Drivers' __try/__except is not supported: a fault in kernel mode that is
   not a page that can be brought in stops the machine, with the record that Windows would show. */
#include "ki.h"

void KiTrapFrameToContext(PKTRAP_FRAME t, PKEXCEPTION_FRAME e, PCONTEXT c)
{
    memset(c, 0, sizeof *c);
    c->ContextFlags = 0x10000F;
    c->Rax = t->Rax;
    c->Rcx = t->Rcx;
    c->Rdx = t->Rdx;
    c->R8 = t->R8;
    c->R9 = t->R9;
    c->R10 = t->R10;
    c->R11 = t->R11;
    c->Rbp = t->Rbp;
    c->Rip = t->Rip;
    c->Rsp = t->Rsp;
    c->EFlags = t->EFlags;
    c->SegCs = t->SegCs;
    c->SegSs = t->SegSs;
    c->SegDs = c->SegEs = KGDT64_R0_DATA;
    c->MxCsr = t->MxCsr;
    if (e != NULL) {
        c->Rbx = e->Rbx;
        c->Rdi = e->Rdi;
        c->Rsi = e->Rsi;
        c->R12 = e->R12;
        c->R13 = e->R13;
        c->R14 = e->R14;
        c->R15 = e->R15;
    }
}

DECLSPEC_NORETURN void KiDispatchException(NTSTATUS status, PKTRAP_FRAME trap, ULONG64 address, ULONG64 access,
                                           PKEXCEPTION_FRAME frame)
{
    EXCEPTION_RECORD record;
    CONTEXT context;
    memset(&record, 0, sizeof record);
    KiTrapFrameToContext(trap, frame, &context);
    record.ExceptionCode = status;
    record.ExceptionAddress = (PVOID)trap->Rip;
    if (status == STATUS_ACCESS_VIOLATION) {
        record.NumberParameters = 2;
        record.ExceptionInformation[0] = access;
        record.ExceptionInformation[1] = address;
    }
    /* A system thread's last handler (PspSystemThreadStartup's filter) raises 0x7E. */
    KeBugCheckEx(SYSTEM_THREAD_EXCEPTION_NOT_HANDLED, (ULONG64)(LONG64)status, trap->Rip, (ULONG64)&record,
                 (ULONG64)&context);
}
