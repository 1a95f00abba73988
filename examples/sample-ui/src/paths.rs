//! Where everything is.

/// The vote.
pub const HOME: &str = "/";
/// Where a ballot is sent to.
pub const VOTE: &str = "/vote";
/// The user, for programs.
pub const ME: &str = "/api/me";
/// All ballots, for admins.
pub const ADMIN: &str = "/admin";
/// Where an admin clears them.
pub const NEW_ROUND: &str = "/admin/new-round";
/// For health checks.
pub const HEALTH: &str = "/healthz";
/// Where a sign-out begins.
pub const SIGN_OUT: &str = "/signout";
/// Where a sign-out ends.
pub const SIGNED_OUT: &str = "/signed-out";
/// The style sheet. The number is raised when it changes its meaning, so that no browser mixes two
/// versions.
pub const STYLE: &str = "/assets/style-2.css";
/// The icon.
pub const ICON: &str = "/assets/icon-1.svg";

/// The paths that a load balancer should forward without authenticating, exact or ending in `/*`:
/// health checks carry no token, and a page after the sign-out must not sign the user in again.
pub const OPEN: [&str; 4] = [HEALTH, SIGN_OUT, SIGNED_OUT, "/assets/*"];
