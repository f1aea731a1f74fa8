/* Memory for the portable parts. Non-pageable: it is handed to drivers as I/O buffers. */
#include "agent.h"

void *GaAllocate(size_t bytes) { return ExAllocatePoolWithTag(NonPagedPool, bytes, 'aGmQ'); }

void GaFree(void *p)
{
    if (p != NULL) {
        ExFreePoolWithTag(p, 'aGmQ');
    }
}
