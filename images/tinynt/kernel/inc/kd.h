/* What a debugger or a dump reader needs: KdDebuggerDataBlock and the crash dump header. */
#pragma once
#include "ke.h"

extern ULONG NtBuildNumber;
extern BOOLEAN KdpBootedNodebug, KdpDataBlockEncoded;
void KdEncodeDataBlock(void);          /* if it was booted without a debugger */
void KdDecodeDataBlock(void);
void KdInitSystem(void);               /* fills KdDebuggerDataBlock, publishes the dump header */
void KdpFillDumpHeader(ULONG code, const ULONG64 parameters[4], PCONTEXT context);
void KdpAnnouncePanic(void);
