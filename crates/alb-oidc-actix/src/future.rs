//! The future of a response.

use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use actix_web::{Error, HttpMessage as _};
use alb_oidc::{Authentication, Need, Refusal};
use pin_project_lite::pin_project;

use crate::responder::{RefusalResponder, refuse};
use crate::service::Anonymous;

pin_project! {
    /// The response to one request: the service's, or the refusal.
    pub struct ResponseFuture<S, R>
    where
        S: Service<ServiceRequest>,
    {
        #[pin]
        stage: Stage<S, R, S::Future>,
    }
}

pin_project! {
    #[project = StageProjection]
    enum Stage<S, R, F> {
        Authenticating {
            waiting: Waiting<S, R>,
        },
        Calling {
            #[pin]
            future: F,
        },
        Refused {
            // Taken once.
            response: Option<ServiceResponse>,
        },
    }
}

/// A request that waits until it is known whose it is, and what it waits with.
pub(crate) struct Waiting<S, R> {
    pub(crate) authentication: Authentication,
    /// Taken once, when the decision is there.
    pub(crate) request: Option<ServiceRequest>,
    pub(crate) service: Rc<S>,
    pub(crate) need: Need,
    pub(crate) responder: Rc<R>,
}

impl<S, R> ResponseFuture<S, R>
where
    S: Service<ServiceRequest>,
{
    pub(crate) const fn calling(future: S::Future) -> Self {
        Self {
            stage: Stage::Calling { future },
        }
    }

    pub(crate) fn refused(
        responder: &impl RefusalResponder,
        refusal: Refusal,
        request: ServiceRequest,
    ) -> Self {
        let response = refuse(responder, refusal, request.request());
        Self {
            stage: Stage::Refused {
                response: Some(request.into_response(response)),
            },
        }
    }

    pub(crate) const fn authenticating(waiting: Waiting<S, R>) -> Self {
        Self {
            stage: Stage::Authenticating { waiting },
        }
    }
}

impl<S, B, R> Future for ResponseFuture<S, R>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
    R: RefusalResponder,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            let mut stage = self.as_mut().project().stage;
            let future = match stage.as_mut().project() {
                StageProjection::Calling { future } => {
                    let response = ready!(future.poll(context));
                    return Poll::Ready(response.map(ServiceResponse::map_into_left_body));
                }
                StageProjection::Refused { response } => {
                    // Nothing is left for who polls again, which no executor does.
                    return response.take().map_or(Poll::Pending, |it| {
                        Poll::Ready(Ok(it.map_into_right_body()))
                    });
                }
                StageProjection::Authenticating { waiting } => {
                    let decision = ready!(Pin::new(&mut waiting.authentication).poll(context));
                    let Some(request) = waiting.request.take() else {
                        // Polled again after a refusal, which no executor does.
                        return Poll::Pending;
                    };
                    match waiting.need.admit(decision) {
                        Ok(Some(user)) => drop(request.extensions_mut().insert(user)),
                        Ok(None) => drop(request.extensions_mut().insert(Anonymous)),
                        Err(refusal) => {
                            let response = refuse(&*waiting.responder, refusal, request.request());
                            let response = request.into_response(response);
                            return Poll::Ready(Ok(response.map_into_right_body()));
                        }
                    }
                    waiting.service.call(request)
                }
            };
            stage.set(Stage::Calling { future });
        }
    }
}

impl<S, R> fmt::Debug for ResponseFuture<S, R>
where
    S: Service<ServiceRequest>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
