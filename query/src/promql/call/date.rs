//! Minutes to years of a time: seconds since the Unix epoch, in UTC and in the Gregorian calendar for all times.

use super::FloatFunction;

const SECONDS_PER_DAY: i64 = 86_400;
/// The calendar repeats itself after so many years and days.
const ERA_YEARS: i64 = 400;
const ERA_DAYS: i64 = 146_097;
/// From 1 March of year 0, when an era begins, to the Unix epoch.
const ERA_TO_EPOCH_DAYS: i64 = 719_468;

/// The function that is called so.
pub(super) fn function(name: &str) -> Option<FloatFunction> {
    Some(match name {
        "minute" => |time, _| of_seconds(time, |seconds| seconds / 60 % 60),
        "hour" => |time, _| of_seconds(time, |seconds| seconds / 3600),
        "day_of_week" => |time, _| of_day(time, day_of_week),
        "day_of_month" => |time, _| of_day(time, |day| Date::new(day).day),
        "day_of_year" => |time, _| of_day(time, day_of_year),
        "days_in_month" => |time, _| of_day(time, |day| Date::new(day).days_in_month()),
        "month" => |time, _| of_day(time, |day| Date::new(day).month),
        "year" => |time, _| of_day(time, |day| Date::new(day).year),
        _ => return None,
    })
}

/// What is asked of the seconds since midnight.
fn of_seconds(time: f64, ask: fn(i64) -> i64) -> f64 {
    if time.is_nan() {
        return f64::NAN;
    }
    ask((time as i64).rem_euclid(SECONDS_PER_DAY)) as f64
}

/// What is asked of the days since the epoch.
fn of_day(time: f64, ask: fn(i64) -> i64) -> f64 {
    if time.is_nan() {
        return f64::NAN;
    }
    ask((time as i64).div_euclid(SECONDS_PER_DAY)) as f64
}

/// From 0 for Sunday. The epoch was a Thursday.
fn day_of_week(day: i64) -> i64 {
    (day + 4).rem_euclid(7)
}

fn day_of_year(day: i64) -> i64 {
    let date = Date::new(day);
    let before: i64 = (1..date.month).map(|month| Date { month, ..date }.days_in_month()).sum();
    before + date.day
}

/// Month and day from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    /// The date so many days after the Unix epoch.
    ///
    /// Years are taken to begin in March, so that a leap day is their last; then five months have 153 days, whichever
    /// they are.
    fn new(days_since_epoch: i64) -> Self {
        let days = days_since_epoch + ERA_TO_EPOCH_DAYS;
        let (era, day_of_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
        let leap_days = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / (ERA_DAYS - 1);
        let year_of_era = (day_of_era - leap_days) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let january_or_february = i64::from(month <= 2);
        Self {
            year: era * ERA_YEARS + year_of_era + january_or_february,
            month,
            day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
        }
    }

    fn days_in_month(self) -> i64 {
        match self.month {
            2 if self.is_leap_year() => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    fn is_leap_year(self) -> bool {
        self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::function;
    use chrono::{DateTime, Datelike, Timelike};

    fn check(name: &str, time: f64, expected: f64) {
        let function = function(name).expect(name);
        assert_eq!(function(time, &[]), expected, "{name}({time})");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for seconds in (-80_000_000_000..80_000_000_000_i64).step_by(12_345_678) {
            let date = DateTime::from_timestamp(seconds, 0).expect("a time that chrono knows");
            let time = seconds as f64;
            check("year", time, f64::from(date.year()));
            check("month", time, f64::from(date.month()));
            check("day_of_month", time, f64::from(date.day()));
            check("day_of_year", time, f64::from(date.ordinal()));
            check("day_of_week", time, f64::from(date.weekday().num_days_from_sunday()));
            check("hour", time, f64::from(date.hour()));
            check("minute", time, f64::from(date.minute()));
        }
    }

    #[test]
    fn february_has_29_days_in_leap_years() {
        check("days_in_month", 1_454_284_800.0, 29.0); // 2016-02-01
        check("days_in_month", 1_485_907_200.0, 28.0); // 2017-02-01
        check("days_in_month", -2_203_977_600.0, 28.0); // 1900-02-28
        check("days_in_month", 951_696_000.0, 29.0); // 2000-02-28
    }

    #[test]
    fn every_float_has_a_date_or_none() {
        for name in ["minute", "hour", "day_of_week", "day_of_month", "day_of_year", "days_in_month", "month", "year"] {
            let function = function(name).expect(name);
            assert!(function(f64::NAN, &[]).is_nan());
            for time in [f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 1e18, -1e18, -0.5] {
                assert!(function(time, &[]).is_finite(), "{name}({time})");
            }
        }
    }
}
