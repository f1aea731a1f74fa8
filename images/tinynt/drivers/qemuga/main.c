/* qemuga.sys: the QEMU guest agent on a virtio serial port. */
#include "agent.h"
#include "console.h"

static KSTART_ROUTINE AgentThread;
static void NTAPI AgentThread(PVOID context)
{
    NTSTATUS status = ConsoleOpenPort();
    if (!NT_SUCCESS(status)) {
        DbgPrint("qemuga: no port for the agent (0x%08x)\n", status);
        PsTerminateSystemThread(status);
    }
    GaServe();
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registryPath)
{
    HANDLE thread;
    NTSTATUS status = ConsoleInitialize();
    if (!NT_SUCCESS(status)) {
        DbgPrint("qemuga: no usable virtio serial device (0x%08x)\n", status);
        return status;
    }
    status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, AgentThread, NULL);
    if (NT_SUCCESS(status))
        ZwClose(thread);
    return status;
}
