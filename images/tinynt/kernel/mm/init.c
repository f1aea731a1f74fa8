/* Memory manager start-up, in order. */
#include "mi.h"

static ULONG64 MiRandomState;

/* splitmix64, seeded once at boot: the same seed gives the same address space. */
ULONG64 MiRandom(void)
{
    ULONG64 z = __atomic_add_fetch(&MiRandomState, 0x9E3779B97F4A7C15ULL, __ATOMIC_RELAXED);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

void MmInitSystem(PLOADER_BLOCK loader)
{
    MiRandomState = loader->Seed ^ 0x5354304B;
    MmPteBase = 0xFFFF000000000000ULL | loader->SelfMapIndex << 39;
    MiInitializeAddressSpace(loader->KernelBase + loader->KernelSize);
    MiInitializePfns(loader);
    MiInitializeWorkingSet();
    MiInitializeSpecialPool();
}
