#include "console.h"
#include <string.h>

#define FEATURE_MULTIPORT 2ULL
#define PORT_COUNT 8            /* ports that can be the agent's; each costs two pages */
#define AGENT_PORT "org.qemu.guest_agent.0"
#define INPUT_BUFFERS 32        /* QEMU moves at most 4 KiB at a time */
#define INPUT_SIZE 4096
#define OUTPUT_SIZE 65536
#define CONTROL_BUFFERS 16
#define CONTROL_SIZE 256

typedef struct CONTROL_MESSAGE {
    ULONG Port;
    USHORT Event, Value;
} CONTROL_MESSAGE;
enum { DEVICE_READY, PORT_ADD, PORT_REMOVE, PORT_READY, CONSOLE_PORT, RESIZE, PORT_OPEN, PORT_NAME };

static VIRTIO_DEVICE Device;
static VIRTIO_QUEUE ControlIn, ControlOut;
static VIRTIO_QUEUE PortIn[PORT_COUNT], PortOut[PORT_COUNT];
static VIRTIO_QUEUE *AgentIn, *AgentOut;
static LONG InputHeld = -1;     /* the buffer that the caller of ConsoleRead still looks at */

static void WaitForDevice(void) { KeWaitForSingleObject(&Device.Event, Executive, KernelMode, FALSE, NULL); }

/* Each queue of ours has one sender, which waits: buffer 0 is always free here. */
static void Send(VIRTIO_QUEUE *q, const void *data, ULONG length)
{
    ULONG n, unused;
    memcpy(q->Buffers, data, length);
    VirtioPost(q, 0, length, FALSE);
    VirtioKick(q);
    while (!VirtioTake(q, &n, &unused)) {
        WaitForDevice();
    }
}

static void SendControl(ULONG port, USHORT event, USHORT value)
{
    CONTROL_MESSAGE m = {port, event, value};
    Send(&ControlOut, &m, sizeof(m));
}

static void PostInput(VIRTIO_QUEUE *q)
{
    for (ULONG i = 0; i < q->BufferCount; i++) {
        VirtioPost(q, i, q->BufferSize, TRUE);
    }
    VirtioKick(q);
}

NTSTATUS ConsoleInitialize(void)
{
    NTSTATUS status = VirtioFind(&Device, 0x1003, 0x1043);
    if (NT_SUCCESS(status)) {
        status = VirtioNegotiate(&Device, VIRTIO_F_VERSION_1 | FEATURE_MULTIPORT);
    }
    if (NT_SUCCESS(status)) {
        status = VirtioConnect(&Device);
    }
    /* All queues must exist before the device says which port is the agent's. Port 0 has queues 0
       and 1, the control channel 2 and 3, port n from 1 up 2n + 2 and 2n + 3. */
    ULONG ports = NT_SUCCESS(status) ? *(volatile ULONG *)(Device.Config + 4) : 0;
    for (ULONG i = 0; NT_SUCCESS(status) && i < min(ports, PORT_COUNT); i++) {
        USHORT index = (USHORT)(i == 0 ? 0 : 2 * i + 2);
        status = VirtioCreateQueue(&Device, &PortIn[i], index);
        if (NT_SUCCESS(status)) {
            status = VirtioCreateQueue(&Device, &PortOut[i], index + 1);
        }
    }
    if (NT_SUCCESS(status)) {
        status = VirtioCreateQueue(&Device, &ControlIn, 2);
    }
    if (NT_SUCCESS(status)) {
        status = VirtioCreateQueue(&Device, &ControlOut, 3);
    }
    if (NT_SUCCESS(status)) {
        status = VirtioAddBuffers(&ControlIn, CONTROL_BUFFERS, CONTROL_SIZE);
    }
    if (NT_SUCCESS(status)) {
        status = VirtioAddBuffers(&ControlOut, 1, CONTROL_SIZE);
    }
    return status;
}

static NTSTATUS UsePort(ULONG port)
{
    if (port >= PORT_COUNT || PortIn[port].Rings == NULL) {
        return STATUS_NOT_SUPPORTED;
    }
    NTSTATUS status = VirtioAddBuffers(&PortIn[port], INPUT_BUFFERS, INPUT_SIZE);
    if (NT_SUCCESS(status)) {
        status = VirtioAddBuffers(&PortOut[port], 1, OUTPUT_SIZE);
    }
    if (!NT_SUCCESS(status)) {
        return status;
    }
    AgentIn = &PortIn[port];
    AgentOut = &PortOut[port];
    PostInput(AgentIn);
    SendControl(port, PORT_OPEN, 1);
    return STATUS_SUCCESS;
}

static NTSTATUS HandleControl(const UCHAR *data, ULONG length)
{
    CONTROL_MESSAGE m;
    SIZE_T name = sizeof(AGENT_PORT) - 1;
    if (length < sizeof(m)) {
        return STATUS_SUCCESS;
    }
    memcpy(&m, data, sizeof(m));
    if (m.Event == PORT_ADD) {
        SendControl(m.Port, PORT_READY, 1);
    }
    if (m.Event == PORT_NAME && AgentIn == NULL && length >= sizeof(m) + name &&
        memcmp(data + sizeof(m), AGENT_PORT, name) == 0) {
        return UsePort(m.Port);
    }
    return STATUS_SUCCESS;
}

/* Every message is answered or of no interest; the buffers go back at once. */
static NTSTATUS DrainControl(void)
{
    ULONG n, length;
    NTSTATUS status = STATUS_SUCCESS;
    while (NT_SUCCESS(status) && VirtioTake(&ControlIn, &n, &length)) {
        status = HandleControl(ControlIn.Buffers + n * ControlIn.BufferSize, length);
        VirtioPost(&ControlIn, n, ControlIn.BufferSize, TRUE);
        VirtioKick(&ControlIn);
    }
    return status;
}

NTSTATUS ConsoleOpenPort(void)
{
    NTSTATUS status;
    VirtioReady(&Device);
    PostInput(&ControlIn);
    SendControl(0xFFFFFFFF, DEVICE_READY, 1);
    while (NT_SUCCESS(status = DrainControl()) && AgentIn == NULL) {
        WaitForDevice();
    }
    return status;
}

void ConsoleRead(const char **data, SIZE_T *length)
{
    ULONG n, bytes;
    if (InputHeld >= 0) {
        VirtioPost(AgentIn, (ULONG)InputHeld, INPUT_SIZE, TRUE);
        VirtioKick(AgentIn);
        InputHeld = -1;
    }
    DrainControl();
    while (!VirtioTake(AgentIn, &n, &bytes)) {
        WaitForDevice();
        DrainControl();
    }
    InputHeld = (LONG)n;
    *data = (const char *)AgentIn->Buffers + n * INPUT_SIZE;
    *length = bytes;
}

void ConsoleWrite(const void *data, SIZE_T length)
{
    for (const UCHAR *p = data; length != 0;) {
        ULONG piece = (ULONG)min(length, OUTPUT_SIZE);
        Send(AgentOut, p, piece);
        p += piece;
        length -= piece;
    }
}
