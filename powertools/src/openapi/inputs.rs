//! What the extractors take, and how they refuse.

use bytes::Bytes;

use super::{
    describe::{DescribeRequest, Schemas},
    operation::{Kind, Operation, Presence},
};
#[cfg(feature = "headers")]
use crate::router::TypedHeader;
#[cfg(feature = "validation")]
use crate::router::Valid;
use crate::router::{
    Context, Cookies, Extension, Form, HeaderMap, Headers, Json, Method, Params, Path, Query,
    Request, SourceIp, State,
};

const FORM: &str = "application/x-www-form-urlencoded";

macro_rules! nothing {
    ($($type:ty)*) => { $(
        /// Nothing that a client has to know of.
        impl<M> DescribeRequest<M> for $type {
            fn describe_request(_: &mut Operation) {}
        }
    )* };
}

nothing!(Context Cookies HeaderMap Headers Method Params Request);

/// The program's own.
impl<T, M> DescribeRequest<M> for State<T> {
    fn describe_request(_: &mut Operation) {}
}

/// The program's own.
impl<T, M> DescribeRequest<M> for Extension<T> {
    fn describe_request(_: &mut Operation) {}
}

/// Nothing that a client sends by itself.
impl<M> DescribeRequest<M> for SourceIp {
    fn describe_request(operation: &mut Operation) {
        operation.problem(400);
    }
}

/// The parameters of the path, by the type of each.
impl<T, M: Schemas<T>> DescribeRequest<M> for Path<T> {
    fn describe_request(operation: &mut Operation) {
        operation.path = Some(operation.shape::<T, M>());
    }
}

/// Parameters of the query, one for each field.
impl<T, M: Schemas<T>> DescribeRequest<M> for Query<T> {
    fn describe_request(operation: &mut Operation) {
        let shape = operation.shape::<T, M>();
        operation.queries.push((shape, Presence::Required));
        operation.problem(400);
    }
}

/// A body in JSON.
impl<T, M: Schemas<T>> DescribeRequest<M> for Json<T> {
    fn describe_request(operation: &mut Operation) {
        let shape = operation.shape::<T, M>();
        operation
            .take_body("application/json", Kind::Typed(shape))
            .problem(400)
            .problem(413)
            .problem(415)
            .problem(422);
    }
}

/// The body of a form.
impl<T, M: Schemas<T>> DescribeRequest<M> for Form<T> {
    fn describe_request(operation: &mut Operation) {
        let shape = operation.shape::<T, M>();
        operation
            .take_body(FORM, Kind::Typed(shape))
            .problem(400)
            .problem(413)
            .problem(415)
            .problem(422);
    }
}

/// A body of any type, as text.
impl<M> DescribeRequest<M> for String {
    fn describe_request(operation: &mut Operation) {
        operation
            .take_body("text/plain", Kind::Text)
            .problem(400)
            .problem(413);
        // An empty text is one.
        operation.make_body_optional();
    }
}

/// A body of any type.
impl<M> DescribeRequest<M> for Bytes {
    fn describe_request(operation: &mut Operation) {
        operation
            .take_body("application/octet-stream", Kind::Bytes)
            .problem(400)
            .problem(413);
        operation.make_body_optional();
    }
}

#[cfg(feature = "headers")]
impl<T: headers::Header, M> DescribeRequest<M> for TypedHeader<T> {
    fn describe_request(operation: &mut Operation) {
        // OpenAPI has other places for these three, and tells readers to ignore them as parameters.
        let has_a_place = ["accept", "authorization", "content-type"];
        if !has_a_place.contains(&T::name().as_str()) {
            operation.header(T::name().as_str(), "");
        }
        operation.problem(400);
    }
}

/// The rules that a value has to pass are answered with 422.
#[cfg(feature = "validation")]
impl<E: DescribeRequest<M>, M> DescribeRequest<M> for Valid<E> {
    fn describe_request(operation: &mut Operation) {
        E::describe_request(operation);
        operation.problem(422);
    }
}

/// The same, and it may be absent.
impl<E: DescribeRequest<M>, M> DescribeRequest<M> for Option<E> {
    fn describe_request(operation: &mut Operation) {
        let mut within = Operation::default();
        E::describe_request(&mut within);
        within.make_optional();
        operation.merge_answers(std::mem::take(&mut within.answers));
        operation.merge_request(within);
    }
}

/// The same; how it is refused is up to the handler.
impl<E: DescribeRequest<M>, R, M> DescribeRequest<M> for Result<E, R> {
    fn describe_request(operation: &mut Operation) {
        let mut within = Operation::default();
        E::describe_request(&mut within);
        operation.merge_request(within);
    }
}
