//! Moments: as the texts that AWS writes them in, and on two clocks at once for what ages.

#[cfg(all(feature = "parameters", feature = "testing"))]
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;
#[cfg(any(feature = "logger", feature = "local", feature = "testing"))]
use std::time::UNIX_EPOCH;
#[cfg(feature = "parameters")]
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// A moment on both clocks, and in which life of the sandbox.
///
/// A sandbox that is frozen between two invocations may stop the monotonic clock, and the wall clock may
/// be set. So neither alone tells how old something is. Across the restoration of a snapshot both may be
/// wrong, and what was true for one sandbox need not be for the many that are restored from it.
#[cfg(feature = "parameters")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    wall: SystemTime,
    monotonic: Instant,
    life: u64,
}

/// How often this process has been restored from a snapshot.
#[cfg(feature = "parameters")]
static LIVES: AtomicU64 = AtomicU64::new(0);

/// The sandbox has been restored from a snapshot (SnapStart): nothing from before has an age.
#[cfg(all(feature = "parameters", feature = "runtime"))]
pub(crate) fn begin_new_life() {
    LIVES.fetch_add(1, Ordering::Relaxed);
}

#[cfg(feature = "parameters")]
impl Moment {
    /// How long before `now` this was, by the clock that says more; none if the wall clock has gone back
    /// since or the sandbox was restored, because then nobody knows.
    pub(crate) fn age(self, now: Self) -> Option<Duration> {
        if self.life != now.life {
            return None;
        }
        let wall = now.wall.duration_since(self.wall).ok()?;
        Some(wall.max(now.monotonic.saturating_duration_since(self.monotonic)))
    }
}

/// What tells the time.
#[cfg(feature = "parameters")]
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    /// The system's clocks.
    #[default]
    System,
    /// One that a test moves.
    #[cfg(feature = "testing")]
    Hand(HandClock),
}

#[cfg(feature = "parameters")]
impl Clock {
    pub(crate) fn now(&self) -> Moment {
        match self {
            Self::System => Moment {
                wall: SystemTime::now(),
                monotonic: Instant::now(),
                life: LIVES.load(Ordering::Relaxed),
            },
            #[cfg(feature = "testing")]
            Self::Hand(clock) => clock.now(),
        }
    }
}

/// A clock for tests, with two hands that stand still until they are moved: the wall clock's, and the
/// monotonic one's, which a frozen sandbox may stop. Clones are the same clock.
#[cfg(all(feature = "parameters", feature = "testing"))]
#[derive(Clone, Debug)]
pub struct HandClock(Arc<Mutex<Moment>>);

#[cfg(all(feature = "parameters", feature = "testing"))]
impl HandClock {
    /// A clock that shows this moment.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Clock::System.now())))
    }

    /// Time passes.
    pub fn advance(&self, by: Duration) {
        self.advance_wall(by);
        self.advance_monotonic(by);
    }

    /// Time passes while the sandbox is frozen: only the wall clock shows it.
    pub fn advance_wall(&self, by: Duration) {
        self.change(|now| now.wall += by);
    }

    /// Time passes that the wall clock does not show, because it is being slowed down or was set back
    /// as much.
    pub fn advance_monotonic(&self, by: Duration) {
        self.change(|now| now.monotonic += by);
    }

    /// Somebody sets the wall clock back.
    pub fn set_wall_back(&self, by: Duration) {
        self.change(|now| now.wall -= by);
    }

    /// The sandbox is restored from a snapshot (SnapStart).
    pub fn restore(&self) {
        self.change(|now| now.life += 1);
    }

    fn change(&self, change: impl FnOnce(&mut Moment)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn now(&self) -> Moment {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(all(feature = "parameters", feature = "testing"))]
impl Default for HandClock {
    fn default() -> Self {
        Self::new()
    }
}

/// A moment in UTC, taken apart.
///
/// By hand, because it is one division after another: the civil date from a day count as Howard
/// Hinnant's "chrono-compatible low-level date algorithms" derive it. A date library would be the
/// largest dependency of the logger.
#[cfg(any(feature = "logger", feature = "local", feature = "testing"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Utc {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    #[cfg_attr(
        not(any(feature = "logger", feature = "local-websocket")),
        allow(dead_code, reason = "only RFC 3339 has milliseconds")
    )]
    milli: i64,
}

#[cfg(any(feature = "logger", feature = "local", feature = "testing"))]
impl Utc {
    pub(crate) fn of(time: SystemTime) -> Self {
        let millis = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        let (days, of_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
        let (year, month, day) = civil(days);
        let (seconds, milli) = (of_day / 1000, of_day % 1000);
        Self {
            year,
            month,
            day,
            hour: seconds / 3600,
            minute: seconds / 60 % 60,
            second: seconds % 60,
            milli,
        }
    }

    /// `2026-11-21T10:00:00.000Z`: RFC 3339 with milliseconds, as Lambda's log filter wants it.
    #[cfg(any(feature = "logger", feature = "local-websocket"))]
    pub(crate) fn write_rfc3339(self, out: &mut Vec<u8>) {
        // One digit at a time: nothing else needs a look at what the number is.
        let digit = |number: i64, of: i64| b'0' + (number / of).rem_euclid(10) as u8;
        let two = |number: i64| [digit(number, 10), digit(number, 1)];
        let ([month, month_1], [day, day_1]) = (two(self.month), two(self.day));
        let ([hour, hour_1], [minute, minute_1]) = (two(self.hour), two(self.minute));
        let [second, second_1] = two(self.second);
        out.extend_from_slice(&[
            digit(self.year, 1000),
            digit(self.year, 100),
            digit(self.year, 10),
            digit(self.year, 1),
            b'-',
            month,
            month_1,
            b'-',
            day,
            day_1,
            b'T',
            hour,
            hour_1,
            b':',
            minute,
            minute_1,
            b':',
            second,
            second_1,
            b'.',
            digit(self.milli, 100),
            digit(self.milli, 10),
            digit(self.milli, 1),
            b'Z',
        ]);
    }

    /// `21/Nov/2026:10:00:00 +0000`: the time of a request context.
    #[cfg(any(feature = "local", feature = "testing"))]
    pub(crate) fn common_log(self) -> String {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let Self {
            year,
            day,
            hour,
            minute,
            second,
            ..
        } = self;
        let month = usize::try_from(self.month - 1)
            .ok()
            .and_then(|index| MONTHS.get(index));
        let month = month.expect("a civil date's month is 1 to 12");
        // As above, for the local gateway's sake, which writes one for each request.
        let digit = |number: i64, of: i64| char::from(b'0' + (number / of).rem_euclid(10) as u8);
        let mut text = String::with_capacity(26);
        text.extend([digit(day, 10), digit(day, 1), '/']);
        text.push_str(month);
        text.push('/');
        text.extend([1000, 100, 10, 1].map(|of| digit(year, of)));
        for number in [hour, minute, second] {
            text.extend([':', digit(number, 10), digit(number, 1)]);
        }
        text.push_str(" +0000");
        text
    }
}

/// The text of a moment, of which most is that of the moment before.
#[cfg(feature = "logger")]
#[derive(Debug, Default)]
pub(crate) struct Stamp {
    second: Option<u64>,
    text: Vec<u8>,
}

#[cfg(feature = "logger")]
impl Stamp {
    /// `2026-11-21T10:00:00.000Z`.
    pub(crate) fn of(&mut self, time: SystemTime) -> &[u8] {
        let since = time.duration_since(UNIX_EPOCH).ok();
        let second = since.map(|since| since.as_secs());
        if second.is_none() || self.second != second {
            self.text.clear();
            Utc::of(time).write_rfc3339(&mut self.text);
            self.second = second;
        }
        if let (Some(since), Some(end)) = (since, self.text.get_mut(20..23)) {
            let milli = since.subsec_millis();
            let digit = |of: u32| b'0' + (milli / of % 10) as u8;
            end.copy_from_slice(&[digit(100), digit(10), digit(1)]);
        }
        &self.text
    }
}

/// Year, month and day of a number of days since 1 January 1970.
///
/// Counted from 1 March of year 0, so that the leap day is the last of its year.
#[cfg(any(feature = "logger", feature = "local", feature = "testing"))]
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(all(test, feature = "logger"))]
mod tests {
    use std::time::Duration;

    use super::*;

    /// As a new stamp has it, and one that was used a moment before.
    fn rfc3339(time: SystemTime) -> String {
        let text = |mut stamp: Stamp| String::from_utf8_lossy(stamp.of(time)).into_owned();
        let fresh = text(Stamp::default());
        let mut used = Stamp::default();
        used.of(time + Duration::from_millis(7));
        assert_eq!(text(used), fresh);
        fresh
    }

    #[test]
    fn dates_around_leap_days_and_centuries_are_right() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399, "2000-02-28T23:59:59.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (951_868_800, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800, "2024-02-29T00:00:00.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
            (4_107_456_000, "2100-02-28T00:00:00.000Z"),
            (1_795_255_199, "2026-11-21T09:59:59.000Z"),
            (1_798_761_599, "2026-12-31T23:59:59.000Z"),
        ] {
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            assert_eq!(rfc3339(time), expected, "{seconds}");
        }
    }

    #[test]
    fn milliseconds_are_kept_and_times_before_1970_are_dates() {
        let after = UNIX_EPOCH + Duration::from_micros(1_234_567);
        let before = UNIX_EPOCH - Duration::from_millis(1);

        assert_eq!(rfc3339(after), "1970-01-01T00:00:01.234Z");
        assert_eq!(rfc3339(before), "1969-12-31T23:59:59.999Z");
    }
}

#[cfg(all(test, feature = "parameters"))]
mod ages {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn age_after(change: impl FnOnce(&mut Moment)) -> Option<Duration> {
        let then = Clock::System.now();
        let mut now = then;
        change(&mut now);
        then.age(now)
    }

    #[test]
    fn the_clock_that_says_more_is_believed() {
        assert_eq!(age_after(|now| now.wall += MINUTE), Some(MINUTE));
        assert_eq!(age_after(|now| now.monotonic += MINUTE), Some(MINUTE));
        assert_eq!(age_after(|_| ()), Some(Duration::ZERO));
    }

    #[test]
    fn nothing_from_before_a_restoration_has_an_age() {
        assert_eq!(age_after(|now| now.life += 1), None);
    }

    #[test]
    fn a_wall_clock_that_went_back_says_nothing() {
        let age = age_after(|now| {
            now.monotonic += MINUTE;
            now.wall -= Duration::from_nanos(1);
        });

        assert_eq!(age, None);
    }
}
