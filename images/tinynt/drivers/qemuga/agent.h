/* The guest agent: commands, their arguments and replies. */
#pragma once
#include "private.h"
#include "json.h"
#include "text.h"

typedef struct GA_REPLY {
    GA_TEXT Value;              /* the JSON text behind "return" */
    const char *ErrorClass;     /* NULL: success */
    char Error[512];
    BOOLEAN Silent;             /* success is not answered */
    BOOLEAN Delimited;          /* the answer begins with a byte 0xFF */
    PKEVENT Sent;               /* set once the answer is out */
} GA_REPLY;

typedef void GA_COMMAND(const JSON *arguments, GA_REPLY *r);
GA_COMMAND GaFileOpen, GaFileRead, GaFileWrite, GaFileFlush, GaFileSeek, GaFileClose;
GA_COMMAND GaExec, GaExecStatus;

/* Reads and answers commands for ever. */
void GaServe(void);

/* An error reply of class GenericError. */
void GaFail(GA_REPLY *r, const char *format, ...);
void GaFailStatus(GA_REPLY *r, const char *what, NTSTATUS status);
/* Arguments; on failure the reply says what is wrong. An optional one that is absent keeps its value. */
BOOLEAN GaString(const JSON *arguments, const char *name, BOOLEAN optional, const char **value, SIZE_T *length,
                 GA_REPLY *r);
BOOLEAN GaInteger(const JSON *arguments, const char *name, BOOLEAN optional, LONG64 *value, GA_REPLY *r);

/* Programs that guest-exec can run; the result is the exit code. */
typedef int GA_PROGRAM(int argc, char **argv, GA_TEXT *out);
GA_PROGRAM ScMain, ShutdownMain, SwenumMain, VerifierMain;
/* By path or name; NULL if there is none. */
GA_PROGRAM *GaFindProgram(const char *path);

/* Win32 errors in Windows' words. */
const char *GaErrorText(ULONG error);
/* `path` (UTF-8, such as C:\x.sys) as an NT path in `buffer`; FALSE if it is too long or relative. */
#define GA_MAX_PATH 400
BOOLEAN GaNtPath(const char *path, PUNICODE_STRING name, PWCHAR buffer);
