//! The load: requests signed beforehand, over connections kept alive, so that the client costs little.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream as Blocking};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ring::hmac;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use watchkeeper::clock::Clock;

use crate::bots::SECRET;

/// Makes Slack's requests.
pub(crate) struct Signer {
    key: hmac::Key,
    slack: SocketAddr,
    sent: AtomicUsize,
}

impl Signer {
    /// Requests whose answers go to `slack`.
    pub(crate) fn new(slack: SocketAddr) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), slack, sent: AtomicUsize::new(0) }
    }

    /// So many requests, no two with the same `trigger_id`.
    pub(crate) fn sign(&self, count: usize) -> Arc<Vec<Vec<u8>>> {
        let now = Clock::system().now().as_second();
        Arc::new((0..count).map(|_| self.one(now)).collect())
    }

    fn one(&self, now: i64) -> Vec<u8> {
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let url = format!("http%3A%2F%2F127.0.0.1%3A{}%2Fresponse%2F{number}", self.slack.port());
        let body = format!(
            "token=gIkuvaNzQIHg97ATvDxqgjtO&team_id=T0001&team_domain=example&channel_id=C2147483705&channel_name=ops\
             &user_id=U024BE7LH&user_name=ana&command=%2Fchange&text=list+--mine&response_url={url}\
             &trigger_id=13345224609.738474920.{number}&api_app_id=A123456"
        );
        let tag = hmac::sign(&self.key, format!("v0:{now}:{body}").as_bytes());
        let tag: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let head = format!(
            "POST /slack/commands HTTP/1.1\r\nHost: bot\r\nContent-Type: application/x-www-form-urlencoded\r\n\
             Content-Length: {}\r\nX-Slack-Request-Timestamp: {now}\r\nX-Slack-Signature: v0={tag}\r\n\r\n",
            body.len()
        );
        (head + &body).into_bytes()
    }
}

/// What a run showed.
pub(crate) struct Run {
    /// From sending each request to its whole acknowledgement, shortest first.
    pub(crate) took: Vec<Duration>,
    elapsed: Duration,
}

impl Run {
    /// Acknowledgements a second.
    pub(crate) fn rate(&self) -> f64 {
        self.took.len() as f64 / self.elapsed.as_secs_f64()
    }

    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.took[(self.took.len() * percent / 100).min(self.took.len() - 1)]
    }
}

/// Sends requests over so many connections for so long, each waiting for its acknowledgement before the next.
pub(crate) fn run(address: SocketAddr, requests: &Arc<Vec<Vec<u8>>>, connections: usize, long: Duration) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let next = Arc::new(AtomicUsize::new(0));
        let began = Instant::now();
        let mut all = JoinSet::new();
        for _ in 0..connections {
            all.spawn(connection(address, Arc::clone(requests), Arc::clone(&next), began + long));
        }
        let mut took: Vec<Duration> = all.join_all().await.into_iter().flatten().collect();
        let elapsed = began.elapsed();
        took.sort();
        Run { took, elapsed }
    })
}

async fn connection(address: SocketAddr, requests: Arc<Vec<Vec<u8>>>, next: Arc<AtomicUsize>, end: Instant) -> Vec<Duration> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut took, mut answer) = (Vec::new(), Vec::new());
    loop {
        let began = Instant::now();
        let request = requests.get(next.fetch_add(1, Ordering::Relaxed));
        let Some(request) = request.filter(|_| began < end) else { return took };
        stream.write_all(request).await.unwrap();
        answer.clear();
        while !is_whole(&answer) {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "the bot hung up");
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        took.push(began.elapsed());
    }
}

/// Whether an HTTP answer is all there: acknowledgements have no content, or little, with its length or in chunks.
fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4) else { return false };
    let text = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    if text.contains("transfer-encoding: chunked") {
        return answer.ends_with(b"0\r\n\r\n");
    }
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    answer.len() >= head + length.unwrap_or(0)
}

/// Tries one request again and again until a bot that is starting acknowledges it.
pub(crate) fn until_acknowledged(address: SocketAddr, request: &[u8]) {
    let tried = Instant::now();
    while !acknowledged(address, request).unwrap_or(false) {
        assert!(tried.elapsed() < Duration::from_secs(30), "the bot does not come up");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

fn acknowledged(address: SocketAddr, request: &[u8]) -> std::io::Result<bool> {
    let mut stream = Blocking::connect(address)?;
    stream.write_all(request)?;
    let mut answer = [0; 512];
    let read = stream.read(&mut answer)?;
    Ok(answer[..read].starts_with(b"HTTP/1.1 200"))
}
