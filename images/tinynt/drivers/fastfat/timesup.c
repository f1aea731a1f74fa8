/* FAT's dates (local time, two-second steps, from 1980) and NT's (100 ns units from 1601). The
   guest's local time is UTC. */
#include "fat.h"

#define FIRST_YEAR 1980
#define LAST_YEAR 2107

PAGED FAT_TIME_STAMP FatTimeFromNt(LARGE_INTEGER time)
{
    TIME_FIELDS fields;

    RtlTimeToTimeFields(&time, &fields);
    if (fields.Year < FIRST_YEAR || fields.Year > LAST_YEAR) {
        return (FAT_TIME_STAMP){0, 1 << 5 | 1};
    }
    return (FAT_TIME_STAMP){
        .Time = (USHORT)(fields.Hour << 11 | fields.Minute << 5 | fields.Second / 2),
        .Date = (USHORT)((fields.Year - FIRST_YEAR) << 9 | fields.Month << 5 | fields.Day),
    };
}

/* 0 for a time that was never set. */
PAGED LARGE_INTEGER FatTimeToNt(FAT_TIME_STAMP stamp)
{
    LARGE_INTEGER time;
    TIME_FIELDS fields = {
        .Year = FIRST_YEAR + (stamp.Date >> 9),
        .Month = stamp.Date >> 5 & 15,
        .Day = stamp.Date & 31,
        .Hour = stamp.Time >> 11,
        .Minute = stamp.Time >> 5 & 63,
        .Second = (stamp.Time & 31) * 2,
    };
    if (!RtlTimeFieldsToTime(&fields, &time)) {
        time.QuadPart = 0;
    }
    return time;
}

PAGED void FatNow(FAT_TIME_STAMP *now)
{
    LARGE_INTEGER time;
    KeQuerySystemTime(&time);
    *now = FatTimeFromNt(time);
}
