//! Multiples of one point.

use std::array;
use std::sync::LazyLock;

use p256::ProjectivePoint;
use p256::elliptic_curve::BatchNormalize as _;
use p256::elliptic_curve::group::Group as _;

use crate::digits::Digits;
use crate::point::{Point, Undecided};

/// `d · 128^i` times the point, for each place `i` and each `d` from 1 to 64.
pub(crate) struct Table(Box<[Window; Digits::COUNT]>);

/// The multiples for one place, of 1, 2, …, 64.
type Window = [Point; Digits::MAX];

impl Table {
    pub(crate) const BYTES: usize = Digits::COUNT * size_of::<Window>();

    /// `None` if the point is infinity. No multiple of another is: the order is a prime, and
    /// divides neither 64 or less nor a power of 2.
    pub(crate) fn new(point: ProjectivePoint) -> Option<Self> {
        let mut point = point;
        // At once as long as it will be: one that grows is there twice for a moment.
        let mut windows = Vec::with_capacity(Digits::COUNT);
        for _ in 0..Digits::COUNT {
            let mut multiple = ProjectivePoint::IDENTITY;
            let multiples: [_; Digits::MAX] = array::from_fn(|_| {
                multiple += point;
                multiple
            });
            windows.push(window(&multiples)?);
            // 64 times the point, twice.
            point = multiple.double();
        }
        windows.try_into().ok().map(Self)
    }

    /// The generator's, made when it is first asked for.
    pub(crate) fn of_generator() -> Option<&'static Self> {
        static TABLE: LazyLock<Option<Table>> =
            LazyLock::new(|| Table::new(ProjectivePoint::GENERATOR));
        TABLE.as_ref()
    }

    /// Points of which `scalar` times the point is the sum: for each digit an entry or its negative,
    /// and none for zero.
    ///
    /// All of them, before the first is used: they are all over the table, and the processor waits
    /// for many at once if they are not wanted one after the other.
    pub(crate) fn summands(&self, scalar: &[u8; 32]) -> [Summand; Digits::COUNT] {
        let mut digits = Digits::new(scalar);
        self.0
            .each_ref()
            .map(|window| summand(window, digits.next().ok_or(Undecided)?))
    }
}

/// What a digit adds: nothing for zero, an entry or its negative for any other. A digit without an
/// entry, of which there is none, leaves all undecided.
pub(crate) type Summand = Result<Option<Point>, Undecided>;

fn summand(window: &Window, digit: i16) -> Summand {
    if digit == 0 {
        return Ok(None);
    }
    let index = usize::from(digit.unsigned_abs()) - 1;
    let entry = *window.get(index).ok_or(Undecided)?;
    Ok(Some(if digit < 0 { -entry } else { entry }))
}

fn window(multiples: &[ProjectivePoint; Digits::MAX]) -> Option<Window> {
    let affine = ProjectivePoint::batch_normalize(multiples);
    let points = affine.iter().map(Point::new).collect::<Option<Vec<_>>>()?;
    points.try_into().ok()
}

#[cfg(test)]
mod tests {
    use p256::Scalar;
    use p256::elliptic_curve::ops::Reduce as _;
    use p256::{FieldBytes, U256};

    use super::*;

    #[test]
    fn each_entry_is_the_plain_multiple() {
        let points = [
            ProjectivePoint::GENERATOR,
            -ProjectivePoint::GENERATOR,
            ProjectivePoint::GENERATOR * Scalar::reduce(&FieldBytes::from([0xa7; 32])),
        ];
        for point in points {
            let table = Table::new(point).unwrap();
            let mut place = Scalar::ONE;
            for window in table.0.iter() {
                for (entry, multiple) in window.iter().zip(1_u64..) {
                    let plain = point * (place * Scalar::from(multiple));
                    assert_eq!(Point::new(&plain.to_affine()), Some(*entry));
                }
                place *= Scalar::from(128_u64);
            }
            assert_eq!(place, Scalar::reduce(&U256::from_u8(8)) * two_to_256());
        }
    }

    #[test]
    fn the_generators_table_is_the_generators() {
        let table = Table::of_generator().unwrap();
        let own = Table::new(ProjectivePoint::GENERATOR).unwrap();
        assert_eq!(table.0, own.0);
    }

    #[test]
    fn a_digit_is_an_entry_or_its_negative_and_one_without_an_entry_is_not_zero() {
        let table = Table::new(ProjectivePoint::GENERATOR).unwrap();
        let window = table.0.first().unwrap();
        let (one, last) = (window.first().unwrap(), window.last().unwrap());
        assert_eq!(summand(window, 0), Ok(None));
        assert_eq!(summand(window, 1), Ok(Some(*one)));
        assert_eq!(summand(window, -1), Ok(Some(-*one)));
        assert_eq!(summand(window, 64), Ok(Some(*last)));
        assert_eq!(summand(window, -64), Ok(Some(-*last)));
        for digit in [65, -65, i16::MAX, i16::MIN] {
            assert_eq!(summand(window, digit), Err(Undecided), "{digit}");
        }
    }

    #[test]
    fn infinity_has_no_table() {
        assert!(Table::new(ProjectivePoint::IDENTITY).is_none());
    }

    #[test]
    fn a_table_is_at_most_176_kilobytes() {
        let table = Table::new(ProjectivePoint::GENERATOR).unwrap();
        assert_eq!(size_of_val(&*table.0), Table::BYTES);
        assert_eq!(Table::BYTES, 37 * 64 * 64);
        const { assert!(Table::BYTES <= 176_000) };
    }

    /// Modulo the order, like all scalars.
    fn two_to_256() -> Scalar {
        let two_to_128 = Scalar::from(u128::MAX) + Scalar::ONE;
        two_to_128 * two_to_128
    }
}
