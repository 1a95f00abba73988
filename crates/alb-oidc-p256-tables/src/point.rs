//! Points of the curve, and the one formula that adds them.

use std::ops::Neg;

use p256::elliptic_curve::point::AffineCoordinates as _;

use crate::field::FieldElement;

/// A point other than infinity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Point {
    x: FieldElement,
    y: FieldElement,
}

impl Point {
    /// `None` if it is the point at infinity, which has no coordinates.
    pub(crate) fn new(point: &p256::AffinePoint) -> Option<Self> {
        if point.is_identity().into() {
            return None;
        }
        Some(Self {
            x: FieldElement::from_be_bytes(&point.x().into())?,
            y: FieldElement::from_be_bytes(&point.y().into())?,
        })
    }
}

impl Neg for Point {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            x: self.x,
            y: -self.y,
        }
    }
}

/// A sum of points that is not infinity: `x = X / ZZ` and `y = Y / ZZZ`, with `ZZ³ = ZZZ²`, and
/// neither of them zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    x: FieldElement,
    y: FieldElement,
    zz: FieldElement,
    zzz: FieldElement,
}

impl Sum {
    /// Adds a point, if its `x` is not the same: between a point and itself, or its negative, there
    /// is no slope.
    ///
    /// The formula is [madd-2008-s](https://hyperelliptic.org/EFD/g1p/auto-shortw-xyzz.html#addition-madd-2008-s).
    /// With `p` the difference of the two `x`, and `r` that of the two `y`, each times the sum's
    /// denominator, the slope is `r / (p · z)` for a `z` with `z² = ZZ` and `z³ = ZZZ`, and the
    /// rest is the law of addition (SEC 1 section 2.2.1) with the denominators multiplied out.
    #[inline]
    pub(crate) fn add(&mut self, point: &Point) -> Result<(), Undecided> {
        let p = point.x * self.zz - self.x;
        if p == FieldElement::ZERO {
            return Err(Undecided);
        }
        let r = point.y * self.zzz - self.y;
        let pp = p.square();
        let ppp = p * pp;
        let q = self.x * pp;
        let x = r.square() - ppp - q - q;
        self.y = r * (q - x) - self.y * ppp;
        self.x = x;
        self.zz = self.zz * pp;
        self.zzz = self.zzz * ppp;
        Ok(())
    }

    /// Whether this is its `x`.
    pub(crate) fn has_x(&self, x: FieldElement) -> bool {
        x * self.zz == self.x
    }
}

impl From<Point> for Sum {
    fn from(point: Point) -> Self {
        Self {
            x: point.x,
            y: point.y,
            zz: FieldElement::ONE,
            zzz: FieldElement::ONE,
        }
    }
}

/// A sum that is not to be had here: the plain way has to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Undecided;

#[cfg(test)]
mod tests {
    use p256::ProjectivePoint;
    use p256::Scalar;
    use p256::elliptic_curve::group::Group as _;

    use super::*;

    #[test]
    fn sums_are_the_plain_sums() {
        let mut plain = ProjectivePoint::GENERATOR;
        let mut sum = Sum::from(point(plain));
        let mut summand = ProjectivePoint::GENERATOR;
        for _ in 0..1_000 {
            summand = summand.double() + ProjectivePoint::GENERATOR;
            plain += summand;
            assert_eq!(sum.add(&point(summand)), Ok(()));
            check(&sum, &plain);
        }
    }

    #[test]
    fn a_negative_is_the_other_point_with_the_same_x() {
        let two = ProjectivePoint::GENERATOR.double();
        assert_eq!(-point(two), point(-two));
        assert_ne!(-point(two), point(two));
        assert_eq!(-(-point(two)), point(two));
    }

    #[test]
    fn equal_and_opposite_points_are_not_added() {
        let g = ProjectivePoint::GENERATOR;
        let mut sum = Sum::from(point(g));
        assert_eq!(sum.add(&point(g)), Err(Undecided));
        assert_eq!(sum.add(&point(-g)), Err(Undecided));
        // Neither are they once the sum has a denominator.
        assert_eq!(sum.add(&point(g.double())), Ok(()));
        assert_ne!(sum.zz, FieldElement::ONE);
        let three = g * Scalar::from(3_u64);
        assert_eq!(sum.add(&point(three)), Err(Undecided));
        assert_eq!(sum.add(&point(-three)), Err(Undecided));
        // And the sum is what it was.
        check(&sum, &three);
    }

    #[test]
    fn infinity_is_no_point() {
        assert_eq!(Point::new(&p256::AffinePoint::IDENTITY), None);
    }

    fn check(sum: &Sum, plain: &ProjectivePoint) {
        let affine = point(*plain);
        assert!(sum.has_x(affine.x));
        assert!(!sum.has_x(affine.x + FieldElement::ONE));
        assert_eq!(affine.y * sum.zzz, sum.y);
        assert_eq!(sum.zz * sum.zz.square(), sum.zzz.square());
        assert_ne!(sum.zz, FieldElement::ZERO);
    }

    fn point(plain: ProjectivePoint) -> Point {
        Point::new(&plain.to_affine()).unwrap()
    }
}
