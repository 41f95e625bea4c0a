//! As little of Slack as the bot needs: who somebody is, and a place that takes answers.

use std::net::{SocketAddr, TcpListener};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PERSON: &str = r#"{"ok":true,"user":{"id":"U024BE7LH","name":"ana","tz":"Europe/Berlin","profile":{"email":"ana@example.com","display_name":"Ana"}}}"#;
const TAKEN: &str = r#"{"ok":true,"user_id":"U0BOT","team":"example"}"#;

/// Starts it in a thread of its own, where it stays until the process ends.
pub(crate) fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(talk(stream));
            }
        });
    });
    address
}

async fn talk(mut stream: TcpStream) {
    let mut request = Vec::new();
    // An error is the bot hanging up.
    while stream.read_buf(&mut request).await.is_ok_and(|read| read > 0) {
        while let Some(length) = whole(&request) {
            let asks_who = request.windows(10).take(40).any(|part| part == b"users.info");
            let body = if asks_who { PERSON } else { TAKEN };
            let length_of_body = body.len();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length_of_body}\r\n\r\n");
            if stream.write_all((head + body).as_bytes()).await.is_err() {
                return;
            }
            request.drain(..length);
        }
    }
}

/// How many bytes the first request has, once it is all there.
fn whole(request: &[u8]) -> Option<usize> {
    let head = request.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
    Some(head + length.unwrap_or(0)).filter(|length| request.len() >= *length)
}
