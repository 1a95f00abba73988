//! In tonic, between its own server and its own client.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use alb_oidc_testkit::conformance::{Answer, check_grpc};
use alb_oidc_tower::{AuthenticatedUser, GrpcStatus};
use http::Response;
use http::uri::PathAndQuery;
use tonic::body::Body;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Status, client, server};
use tonic_prost::ProstCodec;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::{Bench, answer, headers};

/// Answers with the user's `sub`, or with nothing for nobody.
async fn who(request: Request<()>) -> Result<tonic::Response<String>, Status> {
    let user = request.extensions().get::<AuthenticatedUser>();
    let sub = user.map_or("", |user| user.id().subject());
    Ok(tonic::Response::new(sub.to_owned()))
}

async fn service(request: http::Request<Body>) -> Result<Response<Body>, Infallible> {
    let mut grpc = server::Grpc::new(ProstCodec::<String, ()>::new());
    Ok(grpc.unary(service_fn(who), request).await)
}

#[tokio::test]
async fn tonic_gives_every_row_its_outcome_in_either_mode() {
    let bench = Bench::new().await;
    for (layer, is_optional) in bench.layers() {
        // The response before tonic's client reads it.
        let seen = Arc::new(Mutex::new(None));
        let service = layer
            .responder(GrpcStatus)
            .layer(service_fn(service))
            .map_response({
                let seen = seen.clone();
                move |response: Response<Body>| {
                    let (head, body) = response.into_parts();
                    *seen.lock().unwrap() = Some(answer(&head, ""));
                    Response::from_parts(head, body)
                }
            });
        let mut client = client::Grpc::new(service);
        let send = async |row: &_| {
            client.ready().await.unwrap();
            let mut request = Request::new(());
            *request.metadata_mut() = MetadataMap::from_headers(headers(row));
            let path = PathAndQuery::from_static("/example.Greeter/Hello");
            let codec = ProstCodec::<(), String>::new();
            let result = client.unary(request, path, codec).await;
            let seen: Answer = seen.lock().unwrap().take().unwrap();
            let is_refused = seen.refusal.is_some();
            let body = match result {
                Ok(response) => response.into_inner(),
                Err(status) => {
                    assert_eq!(status.code(), Code::Unauthenticated, "{}", row.name);
                    assert!(is_refused, "{}", row.name);
                    status.message().to_owned()
                }
            };
            check_grpc(row, is_optional, &Answer { body, ..seen });
        };
        bench.run(&bench.rows, send).await;
    }
}
