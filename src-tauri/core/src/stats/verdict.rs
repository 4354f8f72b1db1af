//! A comparison as a sentence.

use super::{Paired, Z_95};

/// Below it two prompts are called different; the level that goes with 95 % intervals.
pub(super) const ALPHA: f64 = 0.05;
/// 0.8 quantile of the standard normal distribution: the planned test finds the gain four times out of five.
const Z_POWER: f64 = 0.841_621_233_572_914_3;
/// The gain to plan for when none was seen.
const PLANNED_POINTS: f64 = 3.0;

/// What a paired comparison says, in one sentence without a full stop: the points with their interval, then the counts.
///
/// Better or worse below p = 0.05, which the sentence names: a run may accept its proposals at another level. Otherwise how many more examples would show the gain that was seen (3 points where
/// less than one was seen) in four of five such comparisons: N = (1.96 + 0.84)^2 * variance / gain^2, less those at hand.
pub fn verdict(paired: &Paired) -> String {
    let Paired { n, fixed, broken, .. } = *paired;
    if n == 0 {
        return "not compared: no example was answered under both prompts".to_owned();
    }
    if paired.spread == 0.0 {
        let examples = if n == 1 { "the one example".to_owned() } else { format!("each of {} examples", thousands(n.into())) };
        return format!("no difference: both prompts score the same on {examples}");
    }
    let facts = format!(
        "{} points ({} to {}), {} fixed, {} broken of {}",
        signed(paired.delta),
        signed(paired.low),
        signed(paired.high),
        thousands(fixed.into()),
        thousands(broken.into()),
        thousands(n.into())
    );
    let points = paired.delta * 100.0;
    let p = format!("{} (level {ALPHA})", p_words(paired.p));
    if paired.p < ALPHA {
        let direction = if paired.delta > 0.0 { "better" } else { "worse" };
        return format!("{direction}: {facts}, {p}");
    }
    let seen = points.abs().round();
    let (aim, change) = if seen < 1.0 { (PLANNED_POINTS, "gain") } else { (seen, if points > 0.0 { "gain" } else { "loss" }) };
    let needed = ((Z_95 + Z_POWER) * paired.spread / (aim / 100.0)).powi(2);
    // A gain that was seen and is not sure yet takes at least one more; the estimate is too rough for a handful.
    let more = two_digits(needed - f64::from(n)).max(u64::from(seen >= 1.0));
    let article = if [8.0, 11.0, 18.0].contains(&aim) || (80.0..90.0).contains(&aim) { "an" } else { "a" };
    if more == 0 {
        format!("not distinguishable: {facts}, {p}; {article} {aim} point {change} would most likely have shown")
    } else {
        let noun = if more == 1 { "example" } else { "examples" };
        format!(
            "not distinguishable: {facts}, {p}; about {} more {noun} would be needed to see {article} {aim} point {change}",
            thousands(more)
        )
    }
}

/// Far more than binary fractions lose, far less than any difference of scores.
const NOISE: f64 = 1e-9;

/// A difference in points with one digit, halves away from zero: as the window rounds it (`format/percent.ts`), whichever side is first.
/// A difference of two scores that is a half is held a little below or above it.
pub fn in_points(difference: f64) -> f64 {
    (difference * 1_000.0 + NOISE.copysign(difference)).round() / 10.0
}

/// A difference in points with its sign: `+5.5`; one that is rounded to nothing has none.
fn signed(difference: f64) -> String {
    let points = in_points(difference);
    if points == 0.0 { "0.0".to_owned() } else { format!("{points:+.1}") }
}

/// `p = 0.007`: three decimals below 0.1, two above, never a zero that is none, and never the level where it lies below it.
fn p_words(p: f64) -> String {
    if p < 0.001 {
        return "p < 0.001".to_owned();
    }
    let text = if (ALPHA - 0.0005..ALPHA).contains(&p) {
        format!("{:.4}", (p * 10_000.0).floor() / 10_000.0)
    } else if p < 0.1 {
        format!("{p:.3}")
    } else {
        format!("{p:.2}")
    };
    format!("p = {}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// Rounded to two digits, since an estimate of an estimate has no more.
fn two_digits(count: f64) -> u64 {
    if count < 0.5 {
        return 0;
    }
    let unit = 10_f64.powf((count.log10().floor() - 1.0).max(0.0));
    ((count / unit).round() * unit).max(1.0) as u64
}

/// 12345 as `12,345`.
fn thousands(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::paired;

    /// Scores of 0 and 1 with so many fixed, broken and unchanged.
    fn compare(fixed: usize, broken: usize, same: usize) -> Paired {
        let before = [vec![0.0; fixed], vec![1.0; broken], vec![1.0; same]].concat();
        let after = [vec![1.0; fixed], vec![0.0; broken], vec![1.0; same]].concat();
        paired(&before, &after, 1.0, 0)
    }

    #[test]
    fn a_half_of_a_point_is_rounded_away_from_zero_from_either_side() {
        // Of 80 examples 29 more: the difference is held a little below 0.3625, above it, or at it.
        for (one, other) in [(41.0, 12.0), (64.0, 35.0), (29.0, 0.0)] {
            let difference = one / 80.0 - other / 80.0;
            assert_eq!((in_points(difference), in_points(-difference)), (36.3, -36.3), "{one} and {other}");
        }
        assert_eq!(in_points(0.362_49), 36.2);
    }

    #[test]
    fn a_difference_is_named_with_its_counts() {
        assert_eq!(verdict(&compare(13, 2, 185)), "better: +5.5 points (+1.5 to +9.5), 13 fixed, 2 broken of 200, p = 0.007 (level 0.05)");
        assert_eq!(verdict(&compare(2, 13, 185)), "worse: -5.5 points (-9.5 to -1.5), 2 fixed, 13 broken of 200, p = 0.007 (level 0.05)");
        assert_eq!(
            verdict(&compare(40, 0, 2_000)),
            "better: +2.0 points (+1.3 to +2.6), 40 fixed, 0 broken of 2,040, p < 0.001 (level 0.05)"
        );
    }

    /// By hand for 8 fixed, 5 broken of 100: spread^2 = 15/102 - (3/102)^2 = 0.146194; 7.84888 * 0.146194 / 0.03^2 = 1275;
    /// less 100 is 1175, about 1,200.
    #[test]
    fn an_open_question_says_what_it_would_take() {
        assert_eq!(
            verdict(&compare(8, 5, 87)),
            "not distinguishable: +3.0 points (-4.6 to +10.6), 8 fixed, 5 broken of 100, p = 0.58 (level 0.05); about 1,200 more examples would be needed to see a 3 point gain"
        );
        assert_eq!(
            verdict(&compare(5, 8, 87)),
            "not distinguishable: -3.0 points (-10.6 to +4.6), 5 fixed, 8 broken of 100, p = 0.58 (level 0.05); about 1,200 more examples would be needed to see a 3 point loss"
        );
        // 5/5 - (3/5)^2 = 0.64; 7.84888 * 0.64 / 1 = 5; less 3 is 2.
        assert_eq!(
            verdict(&compare(3, 0, 0)),
            "not distinguishable: +100.0 points (-100.0 to +100.0), 3 fixed, 0 broken of 3, p = 0.25 (level 0.05); about 2 more examples would be needed to see a 100 point gain"
        );
    }

    /// Six fixed of six would be p = 0.03, so one more is right where the estimate alone says none.
    #[test]
    fn what_was_seen_but_is_not_sure_takes_one_more() {
        assert_eq!(
            verdict(&compare(5, 0, 0)),
            "not distinguishable: +100.0 points (-27.4 to +100.0), 5 fixed, 0 broken of 5, p = 0.062 (level 0.05); about 1 more example would be needed to see a 100 point gain"
        );
    }

    #[test]
    fn nothing_seen_plans_for_three_points() {
        let text = verdict(&compare(5, 5, 190));
        assert!(text.ends_with("more examples would be needed to see a 3 point gain"), "{text}");
        let many = verdict(&compare(5, 5, 9_990));
        assert_eq!(
            many,
            "not distinguishable: 0.0 points (-0.1 to +0.1), 5 fixed, 5 broken of 10,000, p = 1 (level 0.05); a 3 point gain would most likely have shown"
        );
    }

    #[test]
    fn no_pairs_and_no_change_are_said_plainly() {
        assert_eq!(verdict(&paired(&[], &[], 1.0, 0)), "not compared: no example was answered under both prompts");
        assert_eq!(verdict(&compare(0, 0, 200)), "no difference: both prompts score the same on each of 200 examples");
        assert_eq!(verdict(&compare(0, 0, 1)), "no difference: both prompts score the same on the one example");
    }

    #[test]
    fn grades_show_their_points_too() {
        let before = vec![0.5; 30];
        let after: Vec<f64> = (0..30).map(|i| 0.5 + f64::from(i % 5) / 20.0).collect();
        assert_eq!(
            verdict(&paired(&before, &after, 0.7, 0)),
            "better: +10.0 points (+6.6 to +13.4), 6 fixed, 0 broken of 30, p < 0.001 (level 0.05)"
        );
    }

    #[test]
    fn counts_read_well() {
        assert_eq!((thousands(7), thousands(1_234), thousands(1_000_000)), ("7".into(), "1,234".into(), "1,000,000".into()));
        assert_eq!((two_digits(0.2), two_digits(0.7), two_digits(7.4), two_digits(178.0), two_digits(78_499.0)), (0, 1, 7, 180, 78_000));
        assert_eq!(
            (p_words(0.0496), p_words(0.5), p_words(1.0), p_words(0.0004)),
            ("p = 0.0496".into(), "p = 0.5".into(), "p = 1".into(), "p < 0.001".into())
        );
    }
}
