//! What the answers of handlers are.

use std::{borrow::Cow, convert::Infallible};

use bytes::Bytes;

use super::{
    describe::{DescribeResponse, Schemas},
    operation::{Kind, Operation, Status},
};
#[cfg(feature = "cookies")]
use crate::router::Cookie;
#[cfg(feature = "headers")]
use crate::router::TypedHeader;
use crate::router::{
    Accepted, Created, Error, HeaderMap, Html, Json, Problem, Redirect, Rejection, Response,
    StatusCode,
};

const OK: Status = Status::Code(200);

macro_rules! answers {
    ($($type:ty: |$operation:ident| $tell:expr;)*) => { $(
        impl<M> DescribeResponse<M> for $type {
            fn describe_response($operation: &mut Operation) {
                $tell;
            }
        }
    )* };
}

answers! {
    (): |operation| operation.add_empty(Status::Code(204));
    &'static str: |operation| operation.add(OK, "text/plain", Kind::Text);
    String: |operation| operation.add(OK, "text/plain", Kind::Text);
    Cow<'static, str>: |operation| operation.add(OK, "text/plain", Kind::Text);
    Bytes: |operation| operation.add(OK, "application/octet-stream", Kind::Bytes);
    Vec<u8>: |operation| operation.add(OK, "application/octet-stream", Kind::Bytes);
    Response: |operation| operation.any_answer();
    StatusCode: |operation| operation.any_answer();
    Error: |operation| operation.any_failure();
    Problem: |operation| operation.any_failure();
    Rejection: |operation| operation.any_failure();
}

/// There is none.
impl<M> DescribeResponse<M> for Infallible {
    fn describe_response(_: &mut Operation) {}
}

/// 200 and JSON.
impl<T, M: Schemas<T>> DescribeResponse<M> for Json<T> {
    fn describe_response(operation: &mut Operation) {
        let shape = operation.shape::<T, M>();
        operation.add(OK, "application/json", Kind::Typed(shape));
    }
}

impl<T, M> DescribeResponse<M> for Html<T> {
    fn describe_response(operation: &mut Operation) {
        operation.add(OK, "text/html", Kind::Text);
    }
}

/// One of the three that there are.
impl<M> DescribeResponse<M> for Redirect {
    fn describe_response(operation: &mut Operation) {
        for status in [303, 307, 308] {
            operation.add_empty(Status::Code(status));
            operation.answer_header(status, "location", "");
        }
    }
}

/// The answers of both; what is a success on its own is a failure as the error.
impl<T: DescribeResponse<M>, E: DescribeResponse<M>, M> DescribeResponse<M> for Result<T, E> {
    fn describe_response(operation: &mut Operation) {
        T::describe_response(operation);
        let mut failing = Operation::default();
        E::describe_response(&mut failing);
        failing.restate(|status| match status {
            Status::Code(200..300) | Status::Success => Status::Other,
            other => other,
        });
        operation.take_answers(failing);
    }
}

/// The answers of a type, its successes with this status.
fn with_success<T: DescribeResponse<M>, M>(operation: &mut Operation, success: Status) {
    let mut inner = Operation::default();
    T::describe_response(&mut inner);
    inner.restate(|status| match status {
        Status::Code(200..300) | Status::Success => success,
        other => other,
    });
    operation.take_answers(inner);
}

impl<T: DescribeResponse<M>, M> DescribeResponse<M> for Created<T> {
    fn describe_response(operation: &mut Operation) {
        with_success::<T, M>(operation, Status::Code(201));
        operation.answer_header(201, "location", "Where it is.");
    }
}

impl<T: DescribeResponse<M>, M> DescribeResponse<M> for Accepted<T> {
    fn describe_response(operation: &mut Operation) {
        with_success::<T, M>(operation, Status::Code(202));
    }
}

macro_rules! beside {
    ($([$($generic:tt)*] $head:ty;)*) => { $(
        impl<T: DescribeResponse<M>, M, $($generic)*> DescribeResponse<M> for ($head, T) {
            fn describe_response(operation: &mut Operation) {
                T::describe_response(operation);
            }
        }

        impl<T: DescribeResponse<M>, M, $($generic)*> DescribeResponse<M> for (StatusCode, $head, T) {
            fn describe_response(operation: &mut Operation) {
                with_success::<T, M>(operation, Status::Success);
            }
        }
    )* };
}

/// Some success, whichever the handler chooses.
impl<T: DescribeResponse<M>, M> DescribeResponse<M> for (StatusCode, T) {
    fn describe_response(operation: &mut Operation) {
        with_success::<T, M>(operation, Status::Success);
    }
}

beside! {
    [] HeaderMap;
    [K, V, const N: usize] [(K, V); N];
}

#[cfg(feature = "headers")]
beside! {
    [H] TypedHeader<H>;
}

#[cfg(feature = "cookies")]
beside! {
    [] Cookie<'_>;
    [const N: usize] [Cookie<'_>; N];
}
