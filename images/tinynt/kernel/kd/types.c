/* Every structure of nttypes.h gets into the PDB, used or not (the Makefile's flag for this file):
   debuggers and memory forensics expect the types of Windows' own PDB to be there. */
#include "ntoskrnl.h"
