//! Windows times as text.

/// 100 ns units between 1601 and 1970.
const UNIX_EPOCH_IN_FILETIME: u64 = 116_444_736_000_000_000;

/// A FILETIME (100 ns units since 1601, UTC) as RFC 3339 with milliseconds; `None` for times
/// before 1970 or after the year 9999.
pub(crate) fn rfc3339(filetime: u64) -> Option<String> {
    let unix = filetime.checked_sub(UNIX_EPOCH_IN_FILETIME)? / 10_000;
    let (seconds, millis) = (unix / 1000, unix % 1000);
    let (days, day_seconds) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil_from_days(days);
    if year > 9999 {
        return None;
    }
    let (hour, minute, second) = (day_seconds / 3600, day_seconds / 60 % 60, day_seconds % 60);
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
    ))
}

/// A FILETIME in seconds since 1970; `None` for times before.
pub(crate) fn seconds(filetime: u64) -> Option<u64> {
    Some(filetime.checked_sub(UNIX_EPOCH_IN_FILETIME)? / 10_000_000)
}

/// Milliseconds since 1970 (UTC) in the debugger's format: `Mon Oct 13 06:50:10 2008`, with
/// milliseconds on request. `None` after the year 9999.
pub(crate) fn ctime(milliseconds: u64, with_milliseconds: bool) -> Option<String> {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let seconds = milliseconds / 1000;
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil_from_days(days);
    if year > 9999 {
        return None;
    }
    let fraction = match with_milliseconds {
        true => format!(".{:03}", milliseconds % 1000),
        false => String::new(),
    };
    Some(format!(
        "{} {} {day:>2} {:02}:{:02}:{:02}{fraction} {year}",
        DAYS[(days % 7) as usize],
        MONTHS[(month - 1) as usize],
        second / 3600,
        second / 60 % 60,
        second % 60,
    ))
}

/// The day of a time in seconds since 1970 (UTC): `2008-10-13`; `None` after the year 9999.
pub(crate) fn date(seconds: u64) -> Option<String> {
    let (year, month, day) = civil_from_days(seconds / 86_400);
    (year <= 9999).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// Gregorian date of a day counted from 1970-01-01.
///
/// Years are counted from March, so that the leap day is a year's last one; 719468 is the number
/// of days from 0000-03-01 to the epoch, 146097 the days in 400 years.
fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_times() {
        let filetime = |unix: u64| UNIX_EPOCH_IN_FILETIME + unix * 10_000_000;
        assert_eq!(rfc3339(filetime(0)).unwrap(), "1970-01-01T00:00:00.000Z");
        assert_eq!(
            rfc3339(filetime(951_782_400)).unwrap(),
            "2000-02-29T00:00:00.000Z"
        );
        assert_eq!(
            rfc3339(filetime(1_703_599_603)).unwrap(),
            "2023-12-26T14:06:43.000Z"
        );
        assert_eq!(rfc3339(0), None);
        assert_eq!(rfc3339(u64::MAX), None);
    }

    #[test]
    fn times_as_debuggers_write_them() {
        let text = ctime(0x48F2_E192 * 1000, false).unwrap();
        assert_eq!(text, "Mon Oct 13 05:50:10 2008");
        assert_eq!(ctime(1_234, true).unwrap(), "Thu Jan  1 00:00:01.234 1970");
        assert_eq!(ctime(u64::MAX, true), None);
    }
}
