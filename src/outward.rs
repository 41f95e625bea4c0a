//! Plain HTTP to others: what the bot fetches or tells where no client of a platform or of AWS does it.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request as HttpRequest, Response as Answer, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::RootCertStore;
use url::Url;

/// The largest answer that is read.
const ANSWER: usize = 1 << 20;

/// The roots this system trusts, read once; what can't be read is left out, with a warning.
static ROOTS: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "reading the certificates that this system trusts");
    }
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    Arc::new(roots)
});

/// A client for HTTP and HTTPS. Clones share connections. Redirects are not followed: an answer is given as it came.
#[derive(Clone, Debug)]
pub struct Outward {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    /// Where AWS is, when it is not at its own addresses.
    aws: Option<Url>,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// GET, POST …
    pub method: Method,
    /// Where to: `http` or `https`.
    pub url: Url,
    /// Its headers; `Host` and `Content-Length` are added.
    pub headers: HeaderMap,
    /// Its body, empty for none.
    pub body: Bytes,
    /// After how long it is given up, the answer's body included.
    pub timeout: Duration,
}

impl Request {
    /// A GET of `url` without headers, given up after `timeout`.
    pub fn get(url: Url, timeout: Duration) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: Bytes::new(), timeout }
    }
}

impl Outward {
    /// A client that trusts the system's roots. With `aws_endpoint` (`AWS_ENDPOINT_URL`) whatever is meant for
    /// `amazonaws.com`, or for Amazon's certificate authority, goes there with the same path and query, as the AWS SDK's calls do.
    ///
    /// # Errors
    /// Says so when `aws_endpoint` is no URL.
    pub fn new(aws_endpoint: Option<&str>) -> Result<Self, String> {
        let aws = aws_endpoint.map(|url| Url::parse(url).map_err(|cause| format!("AWS_ENDPOINT_URL is no URL: {cause}")));
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(ring).with_safe_default_protocol_versions();
        let tls = tls.map_err(|cause| cause.to_string())?.with_root_certificates(system_roots()).with_no_client_auth();
        let https = hyper_rustls::HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().build();
        Ok(Self { client: Client::builder(TokioExecutor::new()).build(https), aws: aws.transpose()? })
    }

    /// Sends it; the answer's status and body, whatever the status is.
    ///
    /// # Errors
    /// See [`Outward::exchange`].
    pub async fn send(&self, request: Request) -> Result<(u16, Bytes), String> {
        let answer = self.exchange(request).await?;
        Ok((answer.status().as_u16(), answer.into_body()))
    }

    /// Sends it; the whole answer, whatever its status is.
    ///
    /// # Errors
    /// Says what was in the way: no connection, no answer in time, an answer above 1 MiB.
    pub async fn exchange(&self, request: Request) -> Result<Answer<Bytes>, String> {
        let Request { method, url, headers, body, timeout } = request;
        let host = url.host_str().unwrap_or_default().to_owned();
        let uri: Uri = self.address(url)?.as_str().parse().map_err(|cause| format!("{host}: {cause}"))?;
        let mut sent = HttpRequest::new(Full::new(body));
        *sent.method_mut() = method;
        *sent.uri_mut() = uri;
        *sent.headers_mut() = headers;
        let exchange = async {
            let answer = self.client.request(sent).await.map_err(|error| chain(&error))?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, ANSWER).collect().await.map_err(|error| chain(&*error))?;
            Ok(Answer::from_parts(head, body.to_bytes()))
        };
        match tokio::time::timeout(timeout, exchange).await {
            Ok(answer) => answer.map_err(|cause: String| format!("{host}: {cause}")),
            Err(_) => Err(format!("{host}: no answer within {} s", timeout.as_secs())),
        }
    }

    /// Where a request really goes.
    fn address(&self, mut url: Url) -> Result<Url, String> {
        let is_aws = url.host_str().is_some_and(|host| {
            let host = host.strip_suffix(".cn").unwrap_or(host);
            ["amazonaws.com", "amazontrust.com"].iter().any(|own| host.strip_suffix(own).is_some_and(|rest| rest.ends_with('.')))
        });
        let Some(aws) = self.aws.as_ref().filter(|_| is_aws) else { return Ok(url) };
        let moved = url.set_scheme(aws.scheme()).and_then(|()| url.set_port(aws.port()));
        moved.map_err(|()| format!("{aws} is no address for AWS"))?;
        url.set_host(aws.host_str()).map_err(|cause| format!("{aws} is no address for AWS: {cause}"))?;
        let path = format!("{}{}", aws.path().trim_end_matches('/'), url.path());
        url.set_path(&path);
        Ok(url)
    }
}

/// The roots this system trusts.
pub(crate) fn system_roots() -> Arc<RootCertStore> {
    Arc::clone(&ROOTS)
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes: Vec<String> = std::iter::successors(Some(error), |error| error.source()).map(ToString::to_string).collect();
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{HeaderValue, StatusCode, header};
    use axum::response::IntoResponse;
    use axum::routing::{get, post};

    use super::*;

    const SOON: Duration = Duration::from_secs(10);

    async fn serve(routes: Router) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        base
    }

    fn to(url: &str) -> Request {
        Request::get(url.parse().unwrap(), SOON)
    }

    #[tokio::test]
    async fn what_is_sent_arrives_and_the_answer_comes_back_as_it_is() {
        let echo = post(async |headers: HeaderMap, body: String| {
            let token = headers[header::AUTHORIZATION].to_str().unwrap().to_owned();
            (StatusCode::CREATED, format!("{token} {body}"))
        });
        let base = serve(Router::new().route("/echo", echo)).await;
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static("Bearer t"))]);
        let request = Request { method: Method::POST, headers, body: "hello".into(), ..to(&format!("{base}/echo")) };
        let answer = Outward::new(None).unwrap().send(request).await.unwrap();
        assert_eq!(answer, (201, Bytes::from("Bearer t hello")));
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer() {
        let away = get(async || (StatusCode::FOUND, [(header::LOCATION, "http://127.0.0.1:1/")]).into_response());
        let base = serve(Router::new().route("/", away)).await;
        assert_eq!(Outward::new(None).unwrap().send(to(&base)).await.unwrap().0, 302);
    }

    #[tokio::test]
    async fn silence_floods_and_closed_doors_are_told_with_the_host() {
        let silent = get(async || std::future::pending::<()>().await);
        let endless = get(async || "x".repeat(ANSWER + 1));
        let base = serve(Router::new().route("/silent", silent).route("/endless", endless)).await;
        let outward = Outward::new(None).unwrap();
        let impatient = Request { timeout: Duration::from_millis(20), ..to(&format!("{base}/silent")) };
        assert_eq!(outward.send(impatient).await.unwrap_err(), "127.0.0.1: no answer within 0 s");
        assert!(outward.send(to(&format!("{base}/endless"))).await.unwrap_err().contains("length limit exceeded"));
        assert!(outward.send(to("http://127.0.0.1:1/")).await.unwrap_err().starts_with("127.0.0.1: "));
    }

    #[test]
    fn only_what_is_meant_for_aws_is_moved() {
        let outward = Outward::new(Some("http://127.0.0.1:4566/base/")).unwrap();
        let address = |url: &str| outward.address(url.parse().unwrap()).unwrap().to_string();
        let moved = address("https://sns.eu-west-1.amazonaws.com/a.pem?b=c");
        assert_eq!(moved, "http://127.0.0.1:4566/base/a.pem?b=c");
        assert_eq!(address("http://crt.test.amazontrust.com/a.cer"), "http://127.0.0.1:4566/base/a.cer");
        assert_eq!(address("https://sns.cn-north-1.amazonaws.com.cn/"), "http://127.0.0.1:4566/base/");
        for other in ["https://example.com/", "https://evilamazonaws.com/", "https://amazonaws.com.example.com/"] {
            assert_eq!(address(other), other);
        }
        assert!(Outward::new(Some("nowhere")).is_err());
    }
}
