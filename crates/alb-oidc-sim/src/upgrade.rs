//! WebSockets, which a load balancer passes through after the upgrade.

use http::header::{CONNECTION, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;

use crate::serve::Shutdown;

/// Whether a request asks for the one upgrade that a load balancer knows (RFC
/// 6455 section 4.1).
pub(crate) fn is_websocket(method: &Method, version: Version, headers: &HeaderMap) -> bool {
    let asks = headers
        .get_all(CONNECTION)
        .iter()
        .any(|value| has_token(value, "upgrade"));
    let protocols: Vec<_> = headers.get_all(UPGRADE).iter().collect();
    let websocket = matches!(protocols.as_slice(), [protocol] if protocol.as_bytes().eq_ignore_ascii_case(b"websocket"));
    method == Method::GET && version == Version::HTTP_11 && asks && websocket
}

/// Carries bytes both ways until one side closes or the load balancer stops.
pub(crate) fn tunnel(client: OnUpgrade, target: OnUpgrade, mut shutdown: Shutdown) {
    tokio::spawn(async move {
        let copy = async {
            let (client, target) = tokio::try_join!(client, target)?;
            // How a tunnel ends, by a close, a reset or a shutdown, is between the two
            // ends.
            let _ = copy_bidirectional(&mut TokioIo::new(client), &mut TokioIo::new(target)).await;
            Ok::<_, hyper::Error>(())
        };
        tokio::select! {
            result = copy => if let Err(error) = result {
                tracing::debug!(target: "alb_oidc_sim", %error, "an upgrade did not come about");
            },
            () = shutdown.begun() => {}
        }
    });
}

fn has_token(value: &HeaderValue, token: &str) -> bool {
    value
        .as_bytes()
        .split(|byte| *byte == b',')
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}
