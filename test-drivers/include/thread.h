/* A system thread that its driver can wait for. */
#pragma once
#include <wdm.h>

/* Starts `routine`; `*thread` becomes a reference to the thread. (The handle is ours and grants all
   access: referencing by it does not fail.) */
FORCEINLINE NTSTATUS ThreadStart(PKSTART_ROUTINE routine, PVOID context, PVOID *thread)
{
    HANDLE handle;
    NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, routine, context);

    if (!NT_SUCCESS(status)) {
        return status;
    }
    ObReferenceObjectByHandle(handle, SYNCHRONIZE, NULL, KernelMode, thread, NULL);
    ZwClose(handle);
    return STATUS_SUCCESS;
}

/* Waits until the thread has ended, and drops the reference. NULL: it was never started. */
FORCEINLINE VOID ThreadWait(PVOID thread)
{
    if (thread == NULL) {
        return;
    }
    KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(thread);
}
