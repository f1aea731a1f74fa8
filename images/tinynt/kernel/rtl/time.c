/* Calendar time. System time counts 100 ns units since 1601-01-01, a Monday. */
#include "ntoskrnl.h"

#define UNITS_PER_SECOND 10000000LL
#define SECONDS_PER_DAY 86400LL
#define SECONDS_1601_TO_1970 11644473600LL

/* Days since 1601-01-01 of the first of March of year `y`, in which the leap day is the last day
   of the year: month lengths then follow from a linear formula. */
static LONG64 DaysToMarch(LONG64 y)
{
    y -= 1600;
    return y * 365 + y / 4 - y / 100 + y / 400 - 306;
}

void RtlTimeToTimeFields(PLARGE_INTEGER time, PTIME_FIELDS f)
{
    LONG64 t = time->QuadPart;
    LONG64 seconds = t / UNITS_PER_SECOND, days = seconds / SECONDS_PER_DAY;
    LONG64 rest = seconds % SECONDS_PER_DAY;
    LONG64 year = 1600 + (days + 306) / 366;    /* never too late; at most a few years early */
    while (DaysToMarch(year + 1) <= days) {
        year++;
    }
    LONG64 day = days - DaysToMarch(year);
    LONG64 month = (day * 5 + 2) / 153;
    f->Day = (CSHORT)(day - (month * 153 + 2) / 5 + 1);
    f->Month = (CSHORT)(month < 10 ? month + 3 : month - 9);
    f->Year = (CSHORT)(year + (month >= 10));
    f->Hour = (CSHORT)(rest / 3600);
    f->Minute = (CSHORT)(rest / 60 % 60);
    f->Second = (CSHORT)(rest % 60);
    f->Milliseconds = (CSHORT)(t / 10000 % 1000);
    f->Weekday = (CSHORT)((days + 1) % 7);
}

BOOLEAN RtlTimeFieldsToTime(PTIME_FIELDS f, PLARGE_INTEGER time)
{
    static const UCHAR lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    LONG64 year = f->Year, month = f->Month;
    if (year < 1601 || month < 1 || month > 12 || f->Hour < 0 || f->Hour > 23 || f->Minute < 0 || f->Minute > 59 ||
        f->Second < 0 || f->Second > 59 || f->Milliseconds < 0 || f->Milliseconds > 999) {
        return FALSE;
    }
    BOOLEAN leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (f->Day < 1 || f->Day > lengths[month - 1] + (month == 2 && leap)) {
        return FALSE;
    }
    LONG64 shifted = month > 2 ? month - 3 : month + 9;
    LONG64 days = DaysToMarch(month > 2 ? year : year - 1) + (shifted * 153 + 2) / 5 + f->Day - 1;
    LONG64 seconds = days * SECONDS_PER_DAY + f->Hour * 3600 + f->Minute * 60 + f->Second;
    time->QuadPart = seconds * UNITS_PER_SECOND + f->Milliseconds * 10000LL;
    return TRUE;
}

BOOLEAN RtlTimeToSecondsSince1970(PLARGE_INTEGER time, PULONG seconds)
{
    LONG64 s = time->QuadPart / UNITS_PER_SECOND - SECONDS_1601_TO_1970;
    if (s < 0 || s > 0xFFFFFFFFLL) {
        return FALSE;
    }
    *seconds = (ULONG)s;
    return TRUE;
}

void RtlSecondsSince1970ToTime(ULONG seconds, PLARGE_INTEGER time)
{
    time->QuadPart = (seconds + SECONDS_1601_TO_1970) * UNITS_PER_SECOND;
}
