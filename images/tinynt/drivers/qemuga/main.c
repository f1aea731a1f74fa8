/* qemuga.sys: the QEMU guest agent, on a virtio serial port or in lockstep with the host. */
#include "agent.h"
#include "channel.h"
#include "console.h"
#include "lockstep.h"

CHANNEL GaChannel;

static KSTART_ROUTINE AgentThread;
static void NTAPI AgentThread(PVOID context)
{
    NTSTATUS status = GaChannel.Read == ConsoleRead ? ConsoleOpenPort() : STATUS_SUCCESS;
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
    NTSTATUS status = STATUS_SUCCESS;
    if (LockstepFind()) {
        GaChannel = (CHANNEL){LockstepRead, LockstepWrite};
    } else {
        GaChannel = (CHANNEL){ConsoleRead, ConsoleWrite};
        status = ConsoleInitialize();
    }
    if (!NT_SUCCESS(status)) {
        DbgPrint("qemuga: no usable virtio serial device (0x%08x)\n", status);
        return status;
    }
    status = PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, AgentThread, NULL);
    if (NT_SUCCESS(status)) {
        ZwClose(thread);
    }
    return status;
}
