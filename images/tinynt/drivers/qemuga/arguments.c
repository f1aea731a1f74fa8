/* Errors and arguments of commands. */
#include "agent.h"
#include "utf.h"
#include <string.h>

void GaFail(GA_REPLY *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    GaFormatV(r->Error, sizeof(r->Error), format, args);
    va_end(args);
    r->ErrorClass = "GenericError";
}

void GaFailStatus(GA_REPLY *r, const char *what, NTSTATUS status)
{
    ULONG error = RtlNtStatusToDosError(status);
    GaFail(r, "%s: %s (error %lu, status 0x%08lx)", what, GaErrorText(error), error, (ULONG)status);
}

static BOOLEAN Want(const JSON *arguments, const char *name, BOOLEAN optional, JSON_KIND kind, const char *kindName,
                    const JSON **value, GA_REPLY *r)
{
    *value = JsonMember(arguments, name);
    if (*value == NULL && optional) {
        return TRUE;
    }
    if (*value == NULL) {
        GaFail(r, "Parameter '%s' is missing", name);
    } else if ((*value)->Kind != kind) {
        GaFail(r, "Parameter '%s' must be of type %s", name, kindName);
    } else {
        return TRUE;
    }
    return FALSE;
}

BOOLEAN GaString(const JSON *arguments, const char *name, BOOLEAN optional, const char **value, SIZE_T *length,
                 GA_REPLY *r)
{
    const JSON *v;
    if (!Want(arguments, name, optional, JSON_STRING, "string", &v, r)) {
        return FALSE;
    }
    if (v != NULL) {
        *value = v->Text;
        if (length != NULL) {
            *length = v->Length;
        }
    }
    return TRUE;
}

BOOLEAN GaInteger(const JSON *arguments, const char *name, BOOLEAN optional, LONG64 *value, GA_REPLY *r)
{
    const JSON *v;
    if (!Want(arguments, name, optional, JSON_INTEGER, "integer", &v, r)) {
        return FALSE;
    }
    if (v != NULL) {
        *value = v->Number;
    }
    return TRUE;
}

BOOLEAN GaNtPath(const char *path, PUNICODE_STRING name, PWCHAR buffer)
{
    static const WCHAR prefix[] = L"\\??\\";
    SIZE_T lead = ARRAYSIZE(prefix) - 1;
    char letter = path[0] | 0x20;
    if (letter < 'a' || letter > 'z' || path[1] != ':' || (path[2] != '\\' && path[2] != '/')) {
        return FALSE;
    }
    memcpy(buffer, prefix, sizeof(prefix));
    SIZE_T n = Utf8ToUtf16(path, buffer + lead, GA_MAX_PATH - lead);
    if (n == (SIZE_T)-1) {
        return FALSE;
    }
    for (SIZE_T i = lead; i < lead + n; i++) {
        if (buffer[i] == '/') {
            buffer[i] = '\\';
        }
    }
    RtlInitUnicodeString(name, buffer);
    return TRUE;
}
