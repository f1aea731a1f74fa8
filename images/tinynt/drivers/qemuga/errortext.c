#include "agent.h"

const char *GaErrorText(ULONG error)
{
    static const struct {
        ULONG Error;
        const char *Text;
    } texts[] = {
        {1, "Incorrect function."},
        {2, "The system cannot find the file specified."},
        {3, "The system cannot find the path specified."},
        {5, "Access is denied."},
        {6, "The handle is invalid."},
        {8, "Not enough memory resources are available to process this command."},
        {31, "A device attached to the system is not functioning."},
        {32, "The process cannot access the file because it is being used by another process."},
        {50, "The request is not supported."},
        {87, "The parameter is incorrect."},
        {112, "There is not enough space on the disk."},
        {123, "The filename, directory name, or volume label syntax is incorrect."},
        {127, "The specified procedure could not be found."},
        {161, "The specified path is invalid."},
        {182, "The operating system cannot run this program."},
        {183, "Cannot create a file when that file already exists."},
        {193, "The image is not a valid Win32 application."},
        {206, "The filename or extension is too long."},
        {267, "The directory name is invalid."},
        {317, "No message is known for this error."},
        {647, "The driver's entry routine returned an error."},
        {998, "Invalid access to memory location."},
        {1052, "The requested control is not valid for this service."},
        {1056, "An instance of the service is already running."},
        {1058, "The service cannot be started because it is disabled."},
        {1060, "The specified service does not exist as an installed service."},
        {1062, "The service has not been started."},
        {1073, "The specified service already exists."},
        {1450, "Insufficient system resources exist to complete the requested service."},
        {1639, "Invalid command line argument."},
        {2001, "The specified driver is invalid."},
    };
    for (ULONG i = 0; i < ARRAYSIZE(texts); i++) {
        if (texts[i].Error == error) {
            return texts[i].Text;
        }
    }
    return "The operation failed.";
}
