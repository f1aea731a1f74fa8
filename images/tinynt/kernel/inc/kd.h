/* What a debugger or a dump reader needs: KdDebuggerDataBlock and the crash dump header. */
#pragma once
#include "ke.h"

void KdInitSystem(void);               /* fills KdDebuggerDataBlock, publishes the dump header */
void KdpFillDumpHeader(ULONG code, const ULONG64 parameters[4], PCONTEXT context);
void KdpAnnouncePanic(void);
