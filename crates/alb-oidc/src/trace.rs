//! Events and spans, with the feature `tracing` or without it.

/// `event!(level, field = value, …, "text")`: an event of the target `alb_oidc`, or nothing where
/// the feature `tracing` is off.
macro_rules! event {
    ($level:ident, $($rest:tt)*) => {{
        #[cfg(feature = "tracing")]
        tracing::$level!(target: "alb_oidc", $($rest)*);
    }};
}

/// `in_span!(future, "name", field = value, …)`: the future in a span of the target `alb_oidc` and level
/// `DEBUG`, so that what a transport says of a fetch is known to be said of that one.
macro_rules! in_span {
    ($future:expr, $name:literal, $($rest:tt)*) => {{
        #[cfg(feature = "tracing")]
        {
            let span = tracing::debug_span!(target: "alb_oidc", $name, $($rest)*);
            tracing::Instrument::instrument($future, span)
        }
        #[cfg(not(feature = "tracing"))]
        {
            $future
        }
    }};
}

pub(crate) use {event, in_span};
