/* The virtio console with several ports, and the one port that belongs to the guest agent. */
#pragma once
#include "virtio.h"

NTSTATUS ConsoleInitialize(void);
/* Opens the agent's port: talks on the control queue until the host has named it. */
NTSTATUS ConsoleOpenPort(void);
/* Waits for input. The data stays valid until the next call. */
void ConsoleRead(const char **data, SIZE_T *length);
/* Returns when the host has taken all of it. */
void ConsoleWrite(const void *data, SIZE_T length);
