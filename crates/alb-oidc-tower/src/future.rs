//! The future of a response.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use alb_oidc::{Authentication, Need, Refusal};
use http::header::CACHE_CONTROL;
use http::{HeaderValue, Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::responder::RefusalResponder;
use crate::service::Anonymous;

pin_project! {
    /// The response to one request: the service's, or the refusal.
    pub struct ResponseFuture<S, R, ReqBody>
    where
        S: Service<Request<ReqBody>>,
    {
        #[pin]
        stage: Stage<S, R, ReqBody, S::Future, S::Response>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<S, R, ReqBody, F, Res> {
        Authenticating {
            authentication: Authentication,
            // Taken once, when the decision is there.
            request: Option<Request<ReqBody>>,
            service: S,
            need: Need,
            responder: R,
        },
        Calling {
            #[pin]
            future: F,
        },
        Answered {
            // Taken once.
            response: Option<Res>,
        },
    }
}

impl<S, R, ReqBody> ResponseFuture<S, R, ReqBody>
where
    S: Service<Request<ReqBody>>,
{
    pub(crate) const fn calling(future: S::Future) -> Self {
        Self {
            stage: Stage::Calling { future },
        }
    }

    pub(crate) const fn answered(response: S::Response) -> Self {
        Self {
            stage: Stage::Answered {
                response: Some(response),
            },
        }
    }

    pub(crate) const fn authenticating(
        authentication: Authentication,
        request: Request<ReqBody>,
        service: S,
        need: Need,
        responder: R,
    ) -> Self {
        Self {
            stage: Stage::Authenticating {
                authentication,
                request: Some(request),
                service,
                need,
                responder,
            },
        }
    }
}

impl<S, R, ReqBody, ResBody> Future for ResponseFuture<S, R, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    R: RefusalResponder<ResBody>,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let mut stage = self.as_mut().project().stage;
            let future = match stage.as_mut().project() {
                StageProjection::Calling { future } => return future.poll(context),
                StageProjection::Answered { response } => {
                    // Nothing is left for who polls again, which no executor does.
                    return response
                        .take()
                        .map_or(Poll::Pending, |it| Poll::Ready(Ok(it)));
                }
                StageProjection::Authenticating {
                    authentication,
                    request,
                    service,
                    need,
                    responder,
                } => {
                    let decision = ready!(Pin::new(authentication).poll(context));
                    let Some(mut request) = request.take() else {
                        // Polled again after a refusal, which no executor does.
                        return Poll::Pending;
                    };
                    match need.admit(decision) {
                        Ok(Some(user)) => drop(request.extensions_mut().insert(user)),
                        Ok(None) => drop(request.extensions_mut().insert(Anonymous)),
                        Err(refusal) => {
                            let response = refuse(responder, refusal, request);
                            return Poll::Ready(Ok(response));
                        }
                    }
                    service.call(request)
                }
            };
            stage.set(Stage::Calling { future });
        }
    }
}

pub(crate) fn refuse<R, ReqBody, ResBody>(
    responder: &R,
    refusal: Refusal,
    request: Request<ReqBody>,
) -> Response<ResBody>
where
    R: RefusalResponder<ResBody>,
{
    let (head, _) = request.into_parts();
    let mut response = responder.respond(&refusal, &head);
    response
        .headers_mut()
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(refusal);
    response
}

impl<S, R, ReqBody> fmt::Debug for ResponseFuture<S, R, ReqBody>
where
    S: Service<Request<ReqBody>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
