/* What carries the agent's messages: a virtio serial port, or memory shared in lockstep. */
#pragma once
#include "private.h"

typedef struct CHANNEL {
    /* Waits for input. The data stays valid until the next call. */
    void (*Read)(const char **data, SIZE_T *length);
    /* Returns when the host has taken all of it. */
    void (*Write)(const void *data, SIZE_T length);
} CHANNEL;
extern CHANNEL GaChannel;
