/* The agent in lockstep with the host: messages in memory that both share, and a gate where the
   guest, its clock included, stands still until the host has decided what comes next. */
#pragma once
#include "private.h"

/* FALSE: this machine has no such memory. */
BOOLEAN LockstepFind(void);
/* As ConsoleRead and ConsoleWrite. */
void LockstepRead(const char **data, SIZE_T *length);
void LockstepWrite(const void *data, SIZE_T length);
