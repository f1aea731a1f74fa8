/* Included by the compiler before the source of every driver, in-box ones too: what mingw-w64's DDK
   headers lack or get wrong. Only what is needed; with Microsoft's headers nothing is. */
#pragma once

/* wdm.h defines as static two functions that intrin.h has declared as extern. Every object would
   export them, and two objects could not be linked. wdm.h's get names of their own. */
#include <intrin.h>
#define InterlockedBitTestAndSet WdmInterlockedBitTestAndSet
#define InterlockedBitTestAndReset WdmInterlockedBitTestAndReset
