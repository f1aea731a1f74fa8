/* Boot video: the linear framebuffer of QEMU's VGA device and the blue screen on it. */
#pragma once
#include "ke.h"

/* Finds the display (PCI 1234:1111), maps its framebuffer. Called once at boot, PASSIVE_LEVEL. */
void InbvDriverInitialize(void);
/* Sets the mode and draws the stop screen. Runs with interrupts off at HIGH_LEVEL: takes no lock,
   touches only non-pageable memory. `driver` may be NULL. */
void InbvDisplayBugCheck(ULONG code, PCSTR name, const ULONG64 parameters[4], PCSTR driver);
