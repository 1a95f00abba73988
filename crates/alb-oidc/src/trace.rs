//! Events, with the feature `tracing` or without it.

/// `event!(level, field = value, …, "text")`: an event of the target `alb_oidc`, or nothing where
/// the feature `tracing` is off.
macro_rules! event {
    ($level:ident, $($rest:tt)*) => {{
        #[cfg(feature = "tracing")]
        tracing::$level!(target: "alb_oidc", $($rest)*);
    }};
}

pub(crate) use event;
