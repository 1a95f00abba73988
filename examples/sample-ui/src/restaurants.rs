//! The four restaurants to choose from.

use std::str::FromStr;

/// A restaurant that can be voted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Restaurant {
    /// Soups and stews.
    CopperLadle,
    /// Noodles.
    PaperLantern,
    /// Pizza.
    FornoLuna,
    /// Vegetables.
    FigAndFennel,
}

impl Restaurant {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [
        Self::CopperLadle,
        Self::PaperLantern,
        Self::FornoLuna,
        Self::FigAndFennel,
    ];

    /// What a ballot says, and `FromStr` reads.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::CopperLadle => "copper-ladle",
            Self::PaperLantern => "paper-lantern",
            Self::FornoLuna => "forno-luna",
            Self::FigAndFennel => "fig-and-fennel",
        }
    }

    /// The name over the door.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CopperLadle => "The Copper Ladle",
            Self::PaperLantern => "Paper Lantern",
            Self::FornoLuna => "Forno Luna",
            Self::FigAndFennel => "Fig & Fennel",
        }
    }

    /// What kind of kitchen it is.
    #[must_use]
    pub fn kitchen(self) -> &'static str {
        match self {
            Self::CopperLadle => "Soups & stews",
            Self::PaperLantern => "Noodle bar",
            Self::FornoLuna => "Wood-fired pizza",
            Self::FigAndFennel => "Garden kitchen",
        }
    }

    /// One line of praise.
    #[must_use]
    pub fn praise(self) -> &'static str {
        match self {
            Self::CopperLadle => "Something good has been simmering since this morning.",
            Self::PaperLantern => "Hand-pulled noodles, and a light on until very late.",
            Self::FornoLuna => "Ninety seconds in the oven, an evening on the terrace.",
            Self::FigAndFennel => "The menu is whatever ripened under the glass today.",
        }
    }

    /// Its picture, as an SVG element.
    #[must_use]
    pub fn art(self) -> &'static str {
        match self {
            Self::CopperLadle => include_str!("../assets/art/copper-ladle.svg"),
            Self::PaperLantern => include_str!("../assets/art/paper-lantern.svg"),
            Self::FornoLuna => include_str!("../assets/art/forno-luna.svg"),
            Self::FigAndFennel => include_str!("../assets/art/fig-and-fennel.svg"),
        }
    }
}

impl FromStr for Restaurant {
    type Err = NoSuchRestaurant;

    fn from_str(slug: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|restaurant| restaurant.slug() == slug)
            .ok_or(NoSuchRestaurant)
    }
}

/// A ballot named none of the four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such restaurant")]
pub struct NoSuchRestaurant;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slug_leads_back_to_its_restaurant() {
        for restaurant in Restaurant::ALL {
            assert_eq!(restaurant.slug().parse(), Ok(restaurant));
        }
        assert_eq!("Copper-Ladle".parse::<Restaurant>(), Err(NoSuchRestaurant));
        assert_eq!("".parse::<Restaurant>(), Err(NoSuchRestaurant));
    }
}
