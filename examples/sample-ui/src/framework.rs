//! The web frameworks that the app runs on.

use std::fmt;

use clap::ValueEnum;

/// A web framework.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Framework {
    /// axum, by the crate `alb-oidc-tower`: [`axum_app`](crate::axum_app).
    #[default]
    Axum,
    /// actix-web, by the crate `alb-oidc-actix`: [`actix_app`](crate::actix_app).
    Actix,
}

/// Its name.
impl fmt::Display for Framework {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Axum => "axum",
            Self::Actix => "actix-web",
        })
    }
}
